package httpapi

import "net/http"

// The actions that are no request of their own. Retention's own trace, retention.run, is the engine's.
const (
	actionStart         = "server.start"
	actionStop          = "server.stop"
	actionTailStart     = "tail.start"
	actionTailEnd       = "tail.end"
	actionAccessRefused = "access.refused"
	actionWriteRefused  = "write.refused"
)

// ownNames are the actions of the server's own log, by route: stable names, as people search for them and alert on them. A route with an empty
// name is not recorded: what comes in is the log itself, what auth reports is told by auth, and what only gives figures or names tells
// nothing out of an event. Open routes that are read are never recorded.
var ownNames = map[string]string{
	"POST /api/v1/events":      "",
	"GET /api/v1/events":       "event.search",
	"GET /api/v1/histogram":    "event.search",
	"GET /api/v1/facets":       "event.search",
	"GET /api/v1/events/{id}":  "event.view",
	"GET /api/v1/export":       "event.export",
	"GET /api/v1/exports/{id}": "",
	"GET /api/v1/tail":         actionTailStart,

	"GET /api/v1/tenants":    "",
	"GET /api/v1/checkpoint": "",
	"GET /api/v1/stats":      "",
	"GET /api/v1/verify":     "log.verify",
	"GET /api/v1/backup":     "log.backup",
	"POST /api/v1/reindex":   "index.rebuild",

	"POST /api/v1/tokens":        "token.create",
	"GET /api/v1/tokens":         "token.list",
	"DELETE /api/v1/tokens/{id}": "token.revoke",

	"POST /api/v1/credentials":        "credential.create",
	"GET /api/v1/credentials":         "credential.list",
	"DELETE /api/v1/credentials/{id}": "credential.revoke",
	"POST /api/v1/master-key/rotate":  "master-key.rotate",

	"POST /api/v1/session":         "",
	"POST /api/v1/session/totp":    "",
	"GET /api/v1/session":          "",
	"DELETE /api/v1/session":       "",
	"GET /api/v1/sessions":         "session.list",
	"DELETE /api/v1/sessions":      "",
	"PUT /api/v1/account/password": "",
	"POST /api/v1/account/totp":    "",
	"PUT /api/v1/account/totp":     "",
	"DELETE /api/v1/account/totp":  "",
	"POST /api/v1/setup/look":      "",
	"POST /api/v1/setup":           "",

	"POST /api/v1/accounts":            "account.create",
	"GET /api/v1/accounts":             "account.list",
	"GET /api/v1/accounts/{id}":        "account.view",
	"PATCH /api/v1/accounts/{id}":      "account.change",
	"POST /api/v1/accounts/{id}/reset": "account.reset",
	"POST /api/v1/setup/first":         "account.setup_link",

	// The console does what the API does, under the same names. Pages say themselves what they read.
	"GET /":                                  "",
	"GET /events":                            "event.search",
	"GET /events/raw":                        "event.view",
	"GET /exceptions":                        "event.search",
	"GET /tail":                              "event.search",
	"GET /suggest":                           "event.search",
	"POST /preferences":                      "",
	"GET /api/v1/views":                      "view.list",
	"POST /api/v1/views":                     "view.create",
	"PATCH /api/v1/views/{id}":               "view.change",
	"DELETE /api/v1/views/{id}":              "view.delete",
	"GET /views":                             "view.list",
	"GET /views/{id}":                        "",
	"POST /views":                            "view.create",
	"POST /views/{id}":                       "view.change",
	"POST /views/{id}/mark":                  "view.change",
	"POST /views/{id}/delete":                "view.delete",
	"GET /settings":                          "",
	"GET /settings/views":                    "",
	"GET /settings/tenants":                  "",
	"GET /settings/retention":                "",
	"GET /settings/about":                    "",
	"GET /settings/tokens":                   "token.list",
	"GET /settings/tokens/new":               "",
	"POST /settings/tokens":                  "token.create",
	"GET /settings/tokens/{id}":              "token.list",
	"GET /settings/credentials":              "credential.list",
	"GET /settings/credentials/new":          "",
	"POST /settings/credentials":             "credential.create",
	"GET /settings/credentials/{id}":         "credential.list",
	"POST /settings/credentials/{id}/revoke": "credential.revoke",
	"GET /settings/accounts":                 "account.list",
	"GET /settings/accounts/new":             "",
	"POST /settings/accounts":                "account.create",
	"GET /settings/accounts/{id}":            "account.view",
	"POST /settings/accounts/{id}":           "account.change",
	"GET /settings/account":                  "session.list",

	"POST /settings/tokens/{id}/revoke":            "token.revoke",
	"POST /settings/accounts/{id}/disable":         "account.change",
	"POST /settings/accounts/{id}/reset":           "account.reset",
	"POST /settings/account/password":              "",
	"POST /settings/account/second-factor":         "",
	"POST /settings/account/second-factor/confirm": "",
	"POST /settings/account/second-factor/remove":  "",
	"POST /settings/account/sign-out-everywhere":   "",
	"POST /sign-in":               "",
	"GET /sign-in/second-factor":  "",
	"POST /sign-in/second-factor": "",
	"POST /sign-out":              "",
	"POST /setup":                 "",
}

// ownName returns the action of a route; "" means that it is not recorded. One that has no name goes by its method and path: it is not forgotten.
func (rt route) ownName() string {
	if rt.need == 0 && rt.method == http.MethodGet {
		return ""
	}
	name := rt.method + " " + rt.path
	if action, named := ownNames[name]; named {
		return action
	}
	return name
}
