// Package auth says who is calling and what they may do. For now there is one bearer token with the admin role;
// accounts will stand behind the same three doors: Open, (*Auth).Require and From.
package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"annals/engine"
	"annals/httpapi/reply"
)

// Role is a set of rights. A route names the ones it asks for.
type Role uint8

// The rights. A route that asks for None is open to everyone.
const (
	Write  Role = 1 << iota // send events
	Read                    // search, export and verify
	Manage                  // change how the server works
	None   Role = 0
	Admin       = Write | Read | Manage
)

// Caller is who is behind a request.
type Caller struct {
	Name    string
	Role    Role
	Tenants engine.Tenants // whose events it may read and write
}

// Sees returns the tenants of the caller, narrowed to one when tenant is not empty. A tenant that the caller may
// not see gives the zero value, which sees nothing.
func (c Caller) Sees(tenant string) engine.Tenants {
	if tenant == "" {
		return c.Tenants
	}
	if c.Tenants.All || slices.Contains(c.Tenants.Names, tenant) {
		return engine.Tenants{Names: []string{tenant}}
	}
	return engine.Tenants{}
}

// MayWrite reports whether the caller may send events of the tenant. The server's own tenant takes none from outside.
func (c Caller) MayWrite(tenant string) bool {
	if tenant == engine.ReservedTenant {
		return false
	}
	if tenant == "" {
		tenant = engine.DefaultTenant
	}
	return c.Tenants.All || slices.Contains(c.Tenants.Names, tenant)
}

// Auth knows the tokens.
type Auth struct {
	admin [sha256.Size]byte // of the admin token; equal lengths keep the comparison constant in time
}

// Require lets through callers that have the rights, with who they are in the context, and refuses the others with 401 or 403.
// Tokens are read from the Authorization header only, so that none ends in a URL or a log.
func (a *Auth) Require(need Role, next http.Handler) http.Handler {
	if need == None {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := a.caller(r)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="annals"`)
			reply.Error(w, r, err)
			return
		}
		if caller.Role&need != need {
			reply.Error(w, r, reply.Forbidden("the token's role does not reach this far"))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller)))
	})
}

func (a *Auth) caller(r *http.Request) (Caller, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return Caller{}, reply.Unauthorized("send the header Authorization: Bearer <token>; the first token is in admin.token in the data directory")
	}
	scheme, token, _ := strings.Cut(header, " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(sum[:], a.admin[:]) != 1 {
		return Caller{}, reply.Unauthorized("the token is not known")
	}
	return Caller{Name: "admin", Role: Admin, Tenants: engine.Tenants{All: true}}, nil
}

type callerKey struct{}

// From returns who is behind the request. Outside of Require it is the zero Caller, which may do and see nothing.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
