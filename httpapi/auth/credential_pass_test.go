package auth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"annals/httpapi/reply"
)

func TestPass(t *testing.T) {
	d := openDoors(t)
	made, _ := d.credential(t, CredentialWish{Kind: Huawei})
	other, _ := d.credential(t, CredentialWish{Kind: Huawei})
	c, err := d.Credential(Huawei, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	pass := c.MakePass("token", d.clock.Add(time.Hour))
	if again := c.MakePass("token", d.clock.Add(time.Hour)); again == pass {
		t.Error("two passes are the same")
	}
	open := func(kind, purpose, text string) Pass {
		t.Helper()
		p, err := d.OpenPass(kind, purpose, text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	refused := func(what string, p Pass) {
		t.Helper()
		if _, err := p.Check(t.Context(), p.Proven, Read); p.Proven || p.Expired || err == nil || reply.ProblemOf(err).Status == 200 {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
	}
	p := open(Huawei, "token", pass)
	caller, err := p.Check(t.Context(), p.Proven, Read)
	if err != nil || !p.Proven || p.Expired || !p.Expires.Equal(d.clock.Add(time.Hour)) || caller.ID != made.ID {
		t.Errorf("%+v, %+v, %v", p, caller, err)
	}
	refused("another purpose", open(Huawei, "link", pass))
	refused("another kind", open(EnOS, "token", pass))
	refused("another credential", open(Huawei, "token", strings.Replace(pass, made.ID, other.ID, 1)))
	refused("nothing", open(Huawei, "token", ""))
	refused("dots", open(Huawei, "token", "..."))
	refused("more after it", open(Huawei, "token", pass+"A"))
	refused("a line end", open(Huawei, "token", pass[:len(pass)-3]+"\r\n"+pass[len(pass)-3:]))
	refused("text that is no base64", open(Huawei, "token", pass[:strings.LastIndexByte(pass, '.')]+".!"))
	for i := range pass { // whatever is changed in it
		if pass[i] == 'A' {
			continue
		}
		if p := open(Huawei, "token", pass[:i]+"A"+pass[i+1:]); p.Proven {
			t.Errorf("byte %d changed: %+v", i, p)
		}
	}

	d.reopen(t)
	if p := open(Huawei, "token", pass); !p.Proven || p.Expired {
		t.Errorf("after a restart: %+v", p)
	}
	d.clock = d.clock.Add(time.Hour)
	if p := open(Huawei, "token", pass); !p.Proven || !p.Expired {
		t.Errorf("at its end: %+v", p)
	}
	if _, err := d.RevokeCredential(root, made.ID); err != nil {
		t.Fatal(err)
	}
	refused("a revoked credential", open(Huawei, "token", pass))
}

// Who is let in by a credential may still be turned away for now.
func TestAdmission(t *testing.T) {
	d := openDoors(t)
	made, _ := d.credential(t, CredentialWish{Kind: EnOS})
	c, err := d.Credential(EnOS, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("full")
	var asked []string
	ctx := WithAdmission(t.Context(), func(c Caller) error { asked = append(asked, c.ID); return full })
	if _, err := c.Check(ctx, true, Read); !errors.Is(err, full) || len(asked) != 1 || asked[0] != made.ID {
		t.Errorf("%v, asked about %q", err, asked)
	}
	if _, err := c.Check(ctx, false, Read); errors.Is(err, full) || len(asked) != 1 {
		t.Errorf("%v: asked about who is not let in", err)
	}
}

func FuzzOpenPass(f *testing.F) {
	d := openDoors(f)
	f.Add("a.1.b.c")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := d.OpenPass(Layer7, "token", text)
		if err != nil || p.Proven || p.Expired {
			t.Errorf("%q: %+v, %v", text, p, err)
		}
	})
}
