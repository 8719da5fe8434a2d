package console

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode/qr"

	"annals/httpapi/auth"
)

// ownAccountPage is about whoever looks at it.
type ownAccountPage struct {
	settingsPage
	Me       auth.Me
	Sessions []auth.Session
	Key      *auth.TOTPKey // a second factor that was begun, shown once
	Confirm  bool          // the code that proves it is asked for
	Recovery []string      // shown once
	Wrong    fault
	Of       string // the form that is wrong
}

// ownAccount answers GET /settings/account.
func (c *Console) ownAccount(w http.ResponseWriter, r *http.Request) error {
	p := c.ownAccountPage(r)
	p.Key, _ = c.once.take(p.Caller, "factor").(*auth.TOTPKey)
	p.Recovery, _ = c.once.take(p.Caller, "recovery").([]string)
	p.Confirm = p.Key != nil
	return c.render(w, http.StatusOK, "own-account", p)
}

func (c *Console) ownAccountPage(r *http.Request) *ownAccountPage {
	p := &ownAccountPage{settingsPage: c.settings(r, "Your account", "account")}
	p.Me, p.Sessions = c.access.Me(p.Caller), c.access.Sessions(p.Caller)
	return p
}

// ownAccountForm carries out one of the page's forms. What is wrong is shown in it; what is done leads to the page again.
func (c *Console) ownAccountForm(w http.ResponseWriter, r *http.Request, form string, act func(by auth.Caller, value func(string) string) error) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	by := auth.From(r.Context())
	if err := act(by, values.Get); err != nil {
		found, status, err := faultOf(err)
		if err != nil {
			return err
		}
		p := c.ownAccountPage(r)
		p.Wrong, p.Of, p.Confirm = found, form, form == "confirm"
		return c.render(w, status, "own-account", p)
	}
	return nil
}

// changePassword answers POST /settings/account/password.
func (c *Console) changePassword(w http.ResponseWriter, r *http.Request) error {
	return c.ownAccountForm(w, r, "password", func(by auth.Caller, value func(string) string) error {
		if value("new") != value("again") {
			return errNotTheSame
		}
		if err := c.access.ChangePassword(w, r, by, value("old"), value("new")); err != nil {
			return err
		}
		http.Redirect(w, r, "/settings/account?done=password", http.StatusSeeOther)
		return nil
	})
}

// beginSecondFactor answers POST /settings/account/second-factor.
func (c *Console) beginSecondFactor(w http.ResponseWriter, r *http.Request) error {
	return c.ownAccountForm(w, r, "factor", func(by auth.Caller, value func(string) string) error {
		key, err := c.access.BeginTOTP(r, by, value("password"))
		if err != nil {
			return err
		}
		c.once.keep(by, "factor", &key)
		http.Redirect(w, r, "/settings/account#second-factor", http.StatusSeeOther)
		return nil
	})
}

// confirmSecondFactor answers POST /settings/account/second-factor/confirm.
func (c *Console) confirmSecondFactor(w http.ResponseWriter, r *http.Request) error {
	return c.ownAccountForm(w, r, "confirm", func(by auth.Caller, value func(string) string) error {
		codes, err := c.access.ConfirmTOTP(r, by, value("code"))
		if err != nil {
			return err
		}
		c.once.keep(by, "recovery", codes)
		http.Redirect(w, r, "/settings/account#second-factor", http.StatusSeeOther)
		return nil
	})
}

// removeSecondFactor answers POST /settings/account/second-factor/remove.
func (c *Console) removeSecondFactor(w http.ResponseWriter, r *http.Request) error {
	return c.ownAccountForm(w, r, "remove", func(by auth.Caller, value func(string) string) error {
		if err := c.access.RemoveTOTP(r, by, value("password"), ""); err != nil {
			return err
		}
		http.Redirect(w, r, "/settings/account?done=factor-removed", http.StatusSeeOther)
		return nil
	})
}

// signOutEverywhere answers POST /settings/account/sign-out-everywhere.
func (c *Console) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	if err := c.access.SignOutEverywhere(w, r, auth.From(r.Context())); err != nil {
		return err
	}
	http.Redirect(w, r, "/sign-in?why=signed-out", http.StatusSeeOther)
	return nil
}

// WrongIn reports whether the field of the form is the wrong one.
func (p *ownAccountPage) WrongIn(form, field string) bool { return p.Of == form && p.Wrong.At(field) }

// picture is a QR code for the style sheet to scale: one path over Size × Size modules.
type picture struct {
	Size int
	Path string
}

// QR is the key as authenticator apps read it.
func (p *ownAccountPage) QR() (picture, error) {
	code, err := qr.Encode(p.Key.URI, qr.M, qr.Auto)
	if err != nil {
		return picture{}, fmt.Errorf("draw QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if dark, _, _, _ := code.At(x, y).RGBA(); dark == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return picture{size, path.String()}, nil
}
