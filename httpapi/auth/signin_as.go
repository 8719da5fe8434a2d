package auth

import (
	"cmp"
	"fmt"
	"net/http"

	"annals/engine"
	"annals/httpapi/reply"
)

// Identity is who an OpenID provider says has signed in, and what the mapping of groups gives them.
type Identity struct {
	Issuer, Subject    string // what the person is known by, for ever
	Login, Name, Email string // what they are called now; Login or Name may be missing
	Grants             []Grant
}

// SignInAs begins a session for the person behind an identity and gives the browser its cookie. The first time it makes the account, which
// is known by issuer and subject and never by login or e-mail address, so that no provider can hand out an account of ours; each time it
// takes over name, e-mail address and grants. It refuses a disabled account, and an identity without grants. The provider has asked for
// as many factors as it wants: none is asked for here.
func (a *Auth) SignInAs(w http.ResponseWriter, r *http.Request, id Identity) error {
	if a.broken != nil {
		return a.broken
	}
	if id.Issuer == "" || id.Subject == "" {
		return fmt.Errorf("sign in at a provider: the identity lacks its issuer or its subject")
	}
	acc, epoch, err := a.accountOf(id)
	if err != nil {
		who := engine.Actor{Name: attempted(cmp.Or(id.Login, id.Name)), Email: attempted(id.Email), Type: "account"}
		a.noteFailure(r.Context(), actionSignIn, engine.OpLogin, who, codeRefused, err)
		return err
	}
	if err := a.begin(w, r, sessionRecord{Account: acc.id, Epoch: epoch}); err != nil {
		return err
	}
	a.note(r.Context(), actionSignIn, engine.OpLogin, acc.value.Load().actor(acc.id))
	return nil
}

// accountOf returns the identity's account, as the identity has it now, and its epoch at that moment: what ends its sessions afterwards ends the
// new one too.
func (a *Auth) accountOf(id Identity) (acc *account, epoch uint64, err error) {
	if err := checkGrants(id.Grants); err != nil {
		return nil, 0, reply.Forbidden("no role here belongs to any of your groups; ask an administrator")
	}
	if checkEmail(id.Email) != nil {
		id.Email = "" // as hostile as any input; nothing depends on it
	}
	id.Name = shortName(cmp.Or(id.Name, id.Login, id.Email, id.Subject))
	if acc, err = a.externalAccount(id); err != nil {
		return nil, 0, err
	}
	now := a.now().UTC()
	err = a.accounts.change(acc, func(r *accountRecord) error {
		if !r.Disabled.IsZero() {
			return reply.Forbidden("the account is disabled; ask an administrator")
		}
		r.Name, r.Email, r.Grants, r.LastSignIn = id.Name, id.Email, id.Grants, now
		epoch = r.Epoch
		return nil
	})
	return acc, epoch, err
}

// externalAccount finds the identity's account or makes it. Its login is the provider's, with a number where that is taken.
func (a *Auth) externalAccount(id Identity) (*account, error) {
	s := &a.accounts
	s.changing.Lock()
	defer s.changing.Unlock()
	if acc := s.identified(id.Issuer, id.Subject); acc != nil {
		return acc, nil
	}
	login, err := foldLogin(cmp.Or(id.Login, id.Email, id.Subject))
	if err != nil {
		login = "person"
	}
	acc, err := s.addNew(&accountRecord{Login: s.freeLogin(login), Name: id.Name, Email: id.Email, Grants: id.Grants, Created: a.now().UTC(),
		Issuer: id.Issuer, Subject: id.Subject})
	if err != nil {
		return nil, fmt.Errorf("make account: %w", err)
	}
	return acc, nil
}
