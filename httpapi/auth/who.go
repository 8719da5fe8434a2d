package auth

import (
	"net/http"

	"annals/engine"
)

// What pages ask besides the right that their route needs: who looks at them, and what else they may do.

// Who returns who is behind a request, whatever they may do. Where nobody is let in it is the zero Caller.
func (a *Auth) Who(r *http.Request) Caller {
	caller, err := a.admit(r, Known)
	if err != nil {
		return Caller{}
	}
	return caller
}

// Holds returns the tenants in which the caller has a right, whichever the request at hand needs. AllTenants is none to ask for.
func (a *Auth) Holds(c Caller, right Right) engine.Tenants {
	held := c.reach
	if c.Type == "token" {
		if e := a.store.find(c.ID); e != nil {
			held = e.value.Load().reach
		}
	}
	if held == nil {
		return engine.Tenants{}
	}
	return (*held)[right]
}

// HasSession reports whether a browser believes that somebody is signed in; whether it is right is Who's to say.
func HasSession(r *http.Request) bool { return readCookie(r) != "" }
