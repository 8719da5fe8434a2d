package auth

import (
	"net/mail"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"annals/engine"
)

// MaxEmailBytes is the limit of an e-mail address, as RFC 5321 has it. Logins and names have MaxNameBytes.
const MaxEmailBytes = 254

// accountKind is the kind of the accounts' records. The key is the account's ID, 64 random bits, the value an accountRecord as JSON.
const accountKind = "account"

// accountRecord is what is kept of a person. It is never removed: events name its ID, and its login must not become another's.
type accountRecord struct {
	Login      string       `json:"login"` // folded; no other account's login or e-mail address
	Name       string       `json:"name"`
	Email      string       `json:"email,omitempty"`
	Grants     []Grant      `json:"grants"`
	Created    time.Time    `json:"created"`
	CreatedBy  engine.Actor `json:"created_by,omitzero"`
	Disabled   time.Time    `json:"disabled,omitzero"`
	LastSignIn time.Time    `json:"last_sign_in,omitzero"`

	Password string       `json:"password,omitempty"` // see password.go; "": none yet, or somebody else vouches for the person
	Epoch    uint64       `json:"epoch,omitzero"`     // a session of another epoch is over: raising it ends all of them in one step
	Networks []netip.Addr `json:"networks,omitempty"` // where the person has signed in from, the latest first; see lockout.go
	TOTP     *totpRecord  `json:"totp,omitempty"`     // the second factor, if there is one
	Recovery [][]byte     `json:"recovery,omitempty"` // SHA-256 of the recovery codes that are left

	Issuer  string `json:"issuer,omitempty"` // with Subject: whom an OpenID provider vouches for
	Subject string `json:"subject,omitempty"`

	reach *reach // of Grants; replaced only when they change
}

type account = row[accountRecord]

// external reports whether somebody else vouches for the person.
func (r *accountRecord) external() bool { return r.Issuer != "" }

// actor returns the account as events name it.
func (r *accountRecord) actor(id string) engine.Actor {
	return engine.Actor{ID: id, Name: r.Login, Email: r.Email, Type: "account"}
}

// foldLogin returns a login as it is kept and compared, by PRECIS (RFC 8265): without regard to case and width, no spaces, no controls.
func foldLogin(login string) (string, error) {
	if err := checkText("login", login); err != nil {
		return "", err
	}
	folded, err := precis.UsernameCaseMapped.String(login)
	if err != nil || len(folded) > MaxNameBytes {
		return "", fieldError("login", "%q cannot be one: letters, digits and signs without spaces", cut(login))
	}
	return folded, nil
}

// foldName returns what somebody typed to sign in, as it is looked up: a login or an e-mail address. What can be neither is looked up too.
func foldName(name string) string {
	name = strings.TrimSpace(name)
	if folded, err := precis.UsernameCaseMapped.String(name); err == nil {
		return folded
	}
	return strings.ToLower(name)
}

func checkText(field, text string) error {
	switch {
	case text == "":
		return fieldError(field, "is missing")
	case len(text) > MaxNameBytes:
		return fieldError(field, "is %d bytes, the limit is %d", len(text), MaxNameBytes)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return fieldError(field, "has a control character or is not UTF-8")
	}
	return nil
}

// checkEmail takes none as well.
func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	if len(email) > MaxEmailBytes {
		return fieldError("email", "is %d bytes, the limit is %d", len(email), MaxEmailBytes)
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || strings.ContainsFunc(email, unicode.IsSpace) {
		return fieldError("email", "%q is not an address such as amy@example.com", cut(email))
	}
	return nil
}
