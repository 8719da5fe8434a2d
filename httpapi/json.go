package httpapi

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// maxFormBytes bounds a body that anybody may send, such as a sign-in.
const maxFormBytes = 16 << 10

// readJSON reads a body into v, whose members are all that there may be. What says in a mistake's text what the body is.
func readJSON(w http.ResponseWriter, r *http.Request, what string, v any) error {
	return readJSONUpTo(w, r, engine.MaxRequestBytes, what, v)
}

func readJSONUpTo(w http.ResponseWriter, r *http.Request, limit int64, what string, v any) error {
	body, err := readUpTo(w, r, limit)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v, json.RejectUnknownMembers(true)); err != nil {
		return notRead(what, err)
	}
	return nil
}

// notRead names the member that cannot be read.
func notRead(what string, err error) error {
	var at jsontext.Pointer
	if s, ok := errors.AsType[*json.SemanticError](err); ok {
		at, err = s.JSONPointer, s.Err
		if err == nil {
			err = errors.New("is of the wrong kind")
		}
	} else if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at = s.JSONPointer
	}
	p := reply.BadBody("%s cannot be read: %v", what, err)
	p.Field = strings.ReplaceAll(strings.TrimPrefix(string(at), "/"), "/", ".")
	return p
}

// onlyJSON refuses a body that is not said to be JSON, where a browser might send one for a page that is not ours: from who is signed in, and
// where nobody needs to be known. A form cannot say so, and what can has to ask first. Programs with tokens may leave it out.
func (a *API) onlyJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		said := err == nil && (media == "application/json" || media == "application/x-ndjson")
		if !said && r.ContentLength != 0 && changes(r.Method) && auth.From(r.Context()).Type != "token" {
			a.refuse(w, r, "media-type", reply.BadMedia(media))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}
