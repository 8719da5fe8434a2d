package huawei

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// iamTimeLayout is how the identity service writes times.
const iamTimeLayout = "2006-01-02T15:04:05.000000Z"

// domain is the account that every user and project is of. There is one: who reaches what is said by credentials.
var domain = idName{"annals", "annals"}

// giveToken answers POST /v3/auth/tokens: the user's name is the key ID, its password the secret.
func (h *Handler) giveToken(w http.ResponseWriter, r *request) error {
	var asked tokenRequest
	if err := json.Unmarshal(r.body, &asked); err != nil {
		return badRequest("The request body is invalid.")
	}
	user := asked.Auth.Identity.Password.User
	if !slices.Equal(asked.Auth.Identity.Methods, []string{"password"}) || asked.Auth.Scope.Project != nil && asked.Auth.Scope.Domain != nil {
		return badRequest("The request body is invalid: methods must be password alone, and scope a project or a domain.")
	}
	keyID := user.Name
	if user.ID != "" {
		keyID = user.ID
	}
	c, err := h.auth.Credential(auth.Huawei, keyID)
	if err != nil {
		return err
	}
	caller, err := c.Check(r.Context(), c.Secret.Equal(user.Password), auth.Read)
	if err != nil {
		return iamRefusal(err)
	}
	body := tokenBody{Methods: []string{"password"}, Catalog: &[]empty{}}
	s, ok := h.scopeOf(caller, asked.Auth.Scope.Project, &body)
	if !ok {
		return &refusal{http.StatusUnauthorized, codeIdentity, "The request you have made requires authentication."}
	}
	now := h.now()
	expires := now.Add(tokenLifetime).Truncate(time.Second)
	body.Issued, body.Expires = now.UTC().Format(iamTimeLayout), expires.UTC().Format(iamTimeLayout)
	body.of(keyID)
	told := reply.Asked{Action: "access-token.create", Operation: engine.OpLogin}
	if s.one {
		told.Thing = engine.Resource{Type: "project", ID: s.project}
	}
	reply.Tell(r.Context(), told)
	w.Header().Set("X-Subject-Token", makeToken(c, s, expires))
	return reply.JSON(w, http.StatusCreated, tokenReply{body})
}

// iamRefusal says why a password does not get in.
func iamRefusal(err error) error {
	switch status := reply.ProblemOf(err).Status; {
	case auth.IsLocked(err):
		return &refusal{http.StatusUnauthorized, codeIdentity, "The account is locked because of too many failures. Try again in 5 minutes."}
	case status == http.StatusUnauthorized:
		return &refusal{status, codeIdentity, "The username or password is wrong."}
	case status == http.StatusForbidden:
		return &refusal{status, codeNotAllowed, "You are not authorized to perform the requested action."}
	}
	return err
}

// scopeOf finds the project that a token is asked for, and says it in the body. One that the caller may not read is as one that does not exist.
func (h *Handler) scopeOf(caller auth.Caller, project *idName, body *tokenBody) (s scope, ok bool) {
	if project == nil {
		body.Domain = &domain
		return scope{}, true
	}
	found := idName{project.ID, project.ID}
	if project.ID == "" {
		found, ok = h.projectNamed(caller, project.Name)
	} else {
		ok = caller.Tenants.Sees(project.ID)
	}
	body.Project = &tokenProject{found, domain}
	return scope{true, found.ID}, ok
}

// of says whose the token is.
func (b *tokenBody) of(keyID string) {
	b.Roles = []idName{{"0", "auditlog"}}
	b.User = tokenUser{idName: idName{keyID, keyID}, Domain: domain}
}

// showToken answers GET /v3/auth/tokens: what a token says, to the user that it is of.
func (h *Handler) showToken(w http.ResponseWriter, r *request) error {
	who, err := h.caller(r, auth.Read)
	if err != nil {
		return err
	}
	text := r.Header.Get("X-Subject-Token")
	t, err := h.openToken(text)
	if err != nil {
		return err
	}
	if !t.Proven || t.Expired || t.keyID != who.keyID {
		return &refusal{http.StatusNotFound, codeNoResource, "The token is not found."}
	}
	body := tokenBody{Methods: []string{"password"}, Expires: t.Expires.Format(iamTimeLayout), Issued: t.Expires.Add(-tokenLifetime).Format(iamTimeLayout)}
	if _, short, err := r.params.get("nocatalog"); err != nil {
		return err
	} else if !short {
		body.Catalog = &[]empty{}
	}
	if body.Domain = &domain; t.scope.one {
		body.Domain, body.Project = nil, &tokenProject{idName{t.scope.project, t.scope.project}, domain}
	}
	body.of(t.keyID)
	w.Header().Set("X-Subject-Token", text)
	return reply.JSON(w, http.StatusOK, tokenReply{body})
}

// listProjects answers GET /v3/projects. The SDKs ask by the name of their region, and go on with the one project that they expect.
func (h *Handler) listProjects(w http.ResponseWriter, r *request) error {
	who, err := h.caller(r, auth.Read)
	if err != nil {
		return err
	}
	name, byName, err := r.params.get("name")
	if err != nil {
		return err
	}
	page, err := r.params.number("page", 1, 1, 1<<20)
	if err != nil {
		return err
	}
	perPage, err := r.params.number("per_page", maxProjects, 1, maxProjects)
	if err != nil {
		return err
	}
	var found []idName
	if byName {
		if p, ok := h.projectNamed(who.Caller, name); ok {
			found = append(found, p)
		}
	} else {
		for _, tenant := range h.tenants(who.Caller) {
			found = append(found, idName{tenant, tenant})
		}
	}
	found = slices.DeleteFunc(found, func(p idName) bool { return !who.scope.has(p.ID) })
	out := projectsReply{Projects: []projectReply{}, Links: selfLink{address(r.Request) + "/v3/projects"}}
	first := min((page-1)*perPage, len(found))
	for _, p := range found[first:min(first+perPage, len(found))] {
		out.Projects = append(out.Projects, projectReply{ID: p.ID, Name: p.Name, DomainID: domain.ID, ParentID: domain.ID, Enabled: true})
	}
	return reply.JSON(w, http.StatusOK, out)
}

// maxProjects is the largest page of projects.
const maxProjects = 5000

// listDomains answers GET /v3/auth/domains, which the SDKs ask when they are not told their domain.
func (h *Handler) listDomains(w http.ResponseWriter, r *request) error {
	if _, err := h.caller(r, auth.Read); err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, domainsReply{Domains: []domainReply{{idName: domain, Enabled: true}}, Links: selfLink{address(r.Request) + "/v3/auth/domains"}})
}

// tenants are the caller's projects. Those that a credential names are there before their first event.
func (h *Handler) tenants(caller auth.Caller) []string {
	who := caller.Asking(nil)
	if !who.All {
		return who.Names
	}
	return slices.DeleteFunc(slices.Clone(h.log.Tenants()), func(tenant string) bool { return !who.Sees(tenant) })
}

// projectNamed finds the caller's project with the name. Whoever reaches one tenant only need not know its name: a region's will do, as it is
// what the vendor's projects are called.
func (h *Handler) projectNamed(caller auth.Caller, name string) (p idName, ok bool) {
	all := h.tenants(caller)
	if slices.Contains(all, name) {
		return idName{name, name}, true
	}
	if len(all) == 1 && !caller.Tenants.All {
		return idName{all[0], name}, true
	}
	return idName{}, false
}

// address is how the client calls this server.
func address(r *http.Request) string {
	scheme := "http"
	if reply.Secure(r.Context()) {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
