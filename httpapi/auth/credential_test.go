package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/engine"
	"annals/httpapi/reply"
)

var someGrants = []Grant{{Role: "reader", Tenants: []string{"acme"}}}

func (d *doors) credential(t testing.TB, w CredentialWish) (CredentialInfo, Secret) {
	t.Helper()
	if w.Name == "" {
		w.Name = "test"
	}
	if w.Grants == nil {
		w.Grants = someGrants
	}
	made, secret, err := d.MakeCredential(root, w)
	if err != nil {
		t.Fatal(err)
	}
	return made, secret
}

// wantSecret looks the credential up as a room does, and proves that it knows the secret.
func (d *doors) wantSecret(t testing.TB, c CredentialInfo, secret Secret) {
	t.Helper()
	found, err := d.Credential(c.Kind, c.ID)
	if err != nil || !found.Secret.Equal(string(secret.Bytes())) || !bytes.Equal(found.Secret.Bytes(), secret.Bytes()) {
		t.Errorf("the secret of %s is not what it was; %v", c.ID, err)
		return
	}
	if _, err := found.Check(t.Context(), true, Read); err != nil {
		t.Errorf("%s is refused: %v", c.ID, err)
	}
}

func TestCredentialShapes(t *testing.T) {
	d := openDoors(t)
	for kind, shape := range map[string]string{Huawei: `^[A-Z2-7]{20}$`, Layer7: `^l7xx[0-9a-f]{32}$`,
		EnOS: `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, Flashduty: `^[0-9a-f]{16}$`} {
		made, secret := d.credential(t, CredentialWish{Kind: kind})
		if made.Kind != kind || !regexp.MustCompile(shape).MatchString(made.ID) || !regexp.MustCompile(`^[A-Z2-7]{40}$`).Match(secret.Bytes()) {
			t.Errorf("%+v", made)
		}
		d.wantSecret(t, made, secret)
		other, otherSecret := d.credential(t, CredentialWish{Kind: kind})
		if other.ID == made.ID || otherSecret.Equal(string(secret.Bytes())) {
			t.Errorf("%s: the same twice", kind)
		}
	}
	f := func(appKey, wantID, wantSecret string) {
		t.Helper()
		if id, secret := SplitAppKey(appKey); id != wantID || secret != wantSecret {
			t.Errorf("SplitAppKey(%q) = %q, %q", appKey, id, secret)
		}
	}
	f("0123456789abcdefSECRET", "0123456789abcdef", "SECRET")
	f("0123456789abcdef", "0123456789abcdef", "")
	f("0123", "0123", "")
	f("", "", "")
}

// Whatever is wrong with a credential, it is refused in the same words, after the same steps; a secret that fits is not among what they give.
func TestCredentialCheck(t *testing.T) {
	d := openDoors(t)
	good, secret := d.credential(t, CredentialWish{Kind: Huawei})
	expired, expiredSecret := d.credential(t, CredentialWish{Kind: Huawei, Wish: Wish{Expires: d.clock.Add(time.Hour)}})
	revoked, revokedSecret := d.credential(t, CredentialWish{Kind: Huawei})
	if _, err := d.RevokeCredential(root, revoked.ID); err != nil {
		t.Fatal(err)
	}
	d.wantSecret(t, expired, expiredSecret)
	d.clock = d.clock.Add(time.Hour)

	refusals := map[string]bool{}
	f := func(kind, id string, secret Secret, need Right, want int) {
		t.Helper()
		c, err := d.Credential(kind, id)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Secret.Bytes()) != len(secret.Bytes()) {
			t.Errorf("%s: the secret has %d bytes", id, len(c.Secret.Bytes()))
		}
		caller, err := c.Check(t.Context(), c.Secret.Equal(string(secret.Bytes())), need)
		status := 200
		if err != nil {
			p := reply.ProblemOf(err)
			status = p.Status
			if status == 401 {
				refusals[p.Detail] = true
			}
		}
		if status != want || (status == 200) != (caller.ID != "" && caller.ID == id) {
			t.Errorf("%s %s: %d %+v, want %d", kind, id, status, caller, want)
		}
		if status == 200 && (caller.Type != "credential" || !slices.Equal(caller.Tenants.Names, []string{"acme"}) || caller.Tenants.All) {
			t.Errorf("caller %+v", caller)
		}
	}
	f(Huawei, good.ID, secret, Read, 200)
	f(Huawei, good.ID, secret, Write, 403)
	f(Huawei, good.ID, secret, Read|AllTenants, 403)
	f(Huawei, good.ID, expiredSecret, Read, 401)
	f(EnOS, good.ID, secret, Read, 401)
	f("", good.ID, secret, Read, 401)
	f(Huawei, strings.ToLower(good.ID), secret, Read, 401)
	f(Huawei, "", secret, Read, 401)
	f("", "", secret, Read, 401)
	f(Huawei, expired.ID, expiredSecret, Read, 401)
	f(Huawei, revoked.ID, revokedSecret, Read, 401)
	f(Huawei, strings.Repeat("x", 1000), secret, Read, 401)
	if len(refusals) != 1 {
		t.Errorf("refusals can be told apart: %v", refusals)
	}
	if _, err := d.log.Records().Get(secretKind, secretName(credentialKind, revoked.ID)); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("the secret of a revoked credential: %v", err)
	}
	c, err := d.Credential(Huawei, "unknown")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Check(t.Context(), true, Read); err == nil || c.Secret.Equal("") || (Secret{}).Equal("") {
		t.Error("a proof without a credential gets in")
	}
	if token, _, _ := parseToken(d.first); d.Valid(Caller{ID: token, Type: credentialKind}) || !d.Valid(Caller{ID: good.ID, Type: credentialKind}) ||
		d.Valid(Caller{ID: revoked.ID, Type: credentialKind}) {
		t.Error("Valid mistakes one for another")
	}
	if status, _, _ := d.ask(Read, "Bearer "+good.ID+"_"+string(secret.Bytes())); status != 401 {
		t.Errorf("a credential as a token: %d", status)
	}
}

func TestCredentialManagement(t *testing.T) {
	d := openDoors(t)
	f := func(field string, w CredentialWish) {
		t.Helper()
		_, secret, err := d.MakeCredential(root, w)
		if e, ok := errors.AsType[*engine.FieldError](err); !ok || e.Field != field || len(secret.Bytes()) > 0 {
			t.Errorf("%+v: %v, want a mistake in %s", w, err, field)
		}
	}
	f("kind", CredentialWish{"", Wish{Name: "x", Grants: someGrants}})
	f("kind", CredentialWish{"aws", Wish{Name: "x", Grants: someGrants}})
	f("name", CredentialWish{Huawei, Wish{Grants: someGrants}})
	f("grants", CredentialWish{Huawei, Wish{Name: "x"}})
	f("expires", CredentialWish{Huawei, Wish{Name: "x", Grants: someGrants, Expires: d.clock}})

	acme := Caller{ID: "t1", Name: "acme's", Type: "token", Tenants: engine.Tenants{Names: []string{"acme"}}}
	own, _, err := d.MakeCredential(acme, CredentialWish{EnOS, Wish{Name: "own", Grants: someGrants}})
	if err != nil || own.CreatedBy == nil || *own.CreatedBy != acme.Actor() {
		t.Fatalf("%+v, %v", own, err)
	}
	_, _, err = d.MakeCredential(acme, CredentialWish{EnOS, Wish{Name: "x", Grants: []Grant{{Role: "reader", All: true}}}})
	if p, _ := errors.AsType[*reply.Problem](err); p == nil || p.Status != 403 || p.Field != "grants" {
		t.Errorf("beyond: %v", err)
	}
	d.clock = d.clock.Add(time.Second)
	seen, _ := d.credential(t, CredentialWish{Kind: EnOS})
	beyond, _ := d.credential(t, CredentialWish{Kind: EnOS, Wish: Wish{Grants: []Grant{{Role: "reader", Tenants: []string{"acme", "other"}}}}})
	list := d.Credentials(acme)
	if len(list) != 2 || list[0].ID != own.ID || list[1].ID != seen.ID || list[0].CreatedBy == nil || list[1].CreatedBy != nil {
		t.Errorf("acme sees %+v", list)
	}
	if all := d.Credentials(root); len(all) != 3 || all[1].CreatedBy == nil {
		t.Errorf("root sees %+v", all)
	}
	refuse := func(id string) string {
		t.Helper()
		_, err := d.RevokeCredential(acme, id)
		p, _ := errors.AsType[*reply.Problem](err)
		if p == nil || p.Status != 404 {
			t.Fatalf("revoke %s: %v", id, err)
		}
		return p.Detail
	}
	if refuse(beyond.ID) != refuse("nothing") {
		t.Error("refusals can be told apart")
	}
	first, err := d.RevokeCredential(acme, seen.ID)
	if err != nil || !first.Revoked.Equal(d.clock) {
		t.Fatalf("%+v, %v", first, err)
	}
	d.clock = d.clock.Add(time.Second)
	d.reopen(t)
	if again, err := d.RevokeCredential(acme, seen.ID); err != nil || !again.Revoked.Equal(first.Revoked) {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// The last use is kept as that of tokens is.
func TestCredentialLastUse(t *testing.T) {
	d := openDoors(t)
	made, secret := d.credential(t, CredentialWish{Kind: Huawei})
	c, err := d.Credential(Huawei, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Check(t.Context(), false, Read); err == nil || !d.Credentials(root)[0].LastUsed.IsZero() {
		t.Errorf("a failure is a use: %v", err)
	}
	d.wantSecret(t, made, secret)
	d.reopen(t)
	if got := d.Credentials(root)[0].LastUsed; !got.Equal(d.clock) {
		t.Errorf("used %v, want %v", got, d.clock)
	}
}

// A start finishes what was cut short: a secret without a credential, and one of a revoked credential, go.
func TestOrphanedSecretsGo(t *testing.T) {
	d := openDoors(t)
	made, _ := d.credential(t, CredentialWish{Kind: Huawei})
	kept, secret := d.credential(t, CredentialWish{Kind: Huawei})
	if err := d.secrets.seal(credentialKind, "NEVERFINISHED", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := d.secrets.seal("account", "NEVERFINISHED", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := d.credentials.revoke(d.credentials.find(made.ID), d.clock); err != nil {
		t.Fatal(err)
	}
	d.reopen(t)
	var left []string
	if err := d.log.Records().Each(secretKind, func(name string, _ []byte) bool { left = append(left, name); return true }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"account/NEVERFINISHED", "credential/" + kept.ID}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
	d.wantSecret(t, kept, secret)
}

// Five failures in a row lock a key, known or not, for its network only, and for five minutes; what was right in between counts anew.
func TestCredentialLockout(t *testing.T) {
	d := openDoors(t)
	var told []*engine.Event
	d.record = func(_ context.Context, e *engine.Event) { told = append(told, e) }
	made, _ := d.credential(t, CredentialWish{Kind: Huawei})
	try := func(id, from string, proven bool) (int, string) {
		t.Helper()
		c, err := d.Credential(Huawei, id)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Check(reply.WithClient(t.Context(), netip.MustParseAddr(from)), proven, Read)
		if err == nil {
			return 200, ""
		}
		if p := reply.ProblemOf(err); IsLocked(err) != (p.Status == 429) || IsLocked(p) {
			t.Errorf("%v: is it locked? %v", p, IsLocked(err))
		}
		return reply.ProblemOf(err).Status, reply.ProblemOf(err).Detail
	}
	for _, id := range []string{made.ID, "UNKNOWN"} {
		for i := range 4 {
			if got, _ := try(id, "2001:db8::1", false); got != 401 {
				t.Fatalf("%s: failure %d: %d", id, i, got)
			}
		}
	}
	try(made.ID, "2001:db8::1", true)
	for range 4 {
		try(made.ID, "2001:db8::2", false)
	}
	if got, _ := try(made.ID, "2001:db8::3", true); got != 200 {
		t.Fatalf("after four failures, a use and four failures: %d", got)
	}
	for range 5 {
		try(made.ID, "2001:db8::1", false)
		try("UNKNOWN", "2001:db8::1", false)
	}
	for range 3 {
		known, knownText := try(made.ID, "2001:db8::4", true)
		unknown, unknownText := try("UNKNOWN", "2001:db8::4", true)
		if known != 429 || unknown != 429 || knownText != unknownText {
			t.Errorf("locked: %d %q, %d %q", known, knownText, unknown, unknownText)
		}
	}
	if got, _ := try(made.ID, "203.0.113.9", true); got != 200 {
		t.Errorf("from elsewhere: %d", got)
	}
	if len(told) != 1 || told[0].Action != "credential.lock" || told[0].Result != engine.Failure || told[0].Actor.ID != made.ID {
		t.Errorf("told: %+v", told)
	}
	d.clock = d.clock.Add(keyRule.first - time.Second)
	if got, _ := try(made.ID, "2001:db8::1", true); got != 429 {
		t.Errorf("a second before the end: %d", got)
	}
	d.clock = d.clock.Add(time.Second)
	for range 4 {
		if got, _ := try(made.ID, "2001:db8::1", false); got != 401 {
			t.Errorf("after the lock: %d", got)
		}
	}
	if got, _ := try(made.ID, "2001:db8::1", true); got != 200 {
		t.Errorf("after the lock and four failures: %d", got)
	}
}

// However a secret is printed, it does not show.
func TestSecretIsHidden(t *testing.T) {
	d := openDoors(t)
	made, secret := d.credential(t, CredentialWish{Kind: Huawei})
	c, err := d.Credential(Huawei, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, v := range []any{secret, &secret, c, *c, []Secret{secret}, map[string]Secret{"a": secret}, struct{ S Secret }{secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		out.Write(text)
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("see", "v", v, "again", slog.AnyValue(v))
		}
	}
	if !strings.Contains(out.String(), hidden) {
		t.Error("nothing was printed")
	}
	for name, form := range spellings(secret.Bytes()) {
		if strings.Contains(strings.ToLower(out.String()), strings.ToLower(form)) {
			t.Errorf("shown in %s: %s", name, out.String())
		}
	}
}

// spellings are the ways in which bytes may stand in text.
func spellings(b []byte) map[string]string {
	numbers := strings.Trim(fmt.Sprint(b), "[]")
	return map[string]string{"text": string(b), "hex": fmt.Sprintf("%x", b), "base64": strings.Trim(string(must(json.Marshal(b))), `"=`), "numbers": numbers,
		"numbers with commas": strings.ReplaceAll(numbers, " ", ","), "Go": strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", b), "[]byte{"), "}")}
}
