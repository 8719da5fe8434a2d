package engine

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestErrorGroup(t *testing.T) {
	f := func(code, message, want string) {
		t.Helper()
		if got := ErrorGroup(&Event{Error: &EventError{Code: code, Message: message}}); got != want {
			t.Errorf("%q %q: %q, want %q", code, message, got, want)
		}
	}
	f("", "", "")
	f("E-409", "", "E-409")
	f("E-409", "name taken", "E-409: name taken")
	f("Quota", "Quota of 20 reached", "Quota of <n> reached")
	f("", "quota of 1,024 MB exceeded by 17.5%", "quota of <n>,<n> MB exceeded by <n>.<n>%")
	f("", "request 0198f6a0-1111-7222-8333-444455556666 timed out after 30s", "request <id> timed out after <n>s")
	f("", "no route from 10.0.0.9 to 192.168.1.1:8443", "no route from <address> to <address>")
	f("", "dial tcp [2001:db8::1]:443: refused", "dial tcp [<address>]:<n>: refused")
	f("", "mail to amy.b+x@mail.example.com bounced.", "mail to <address> bounced.")
	f("", `user "amy" can't see 'orders' or ‘它’`, "user <text> can't see <text> or <text>")
	f("", "the users' list isn't 'here'", "the users' list isn't <text>")
	f("", `open "unclosed`, `open "unclosed`)
	f("", "pod web-7d9f8b6c5-x2x9z in node12 on v1", "pod web-<id>-<id> in node<n> on v<n>")
	f("", "commit deadbeef12 of cafe", "commit <id> of cafe")
	f("", "at 2026-11-25T10:00:00.123Z and 2026-11-25 10:00:00+0800 and 2026-11-25", "at <time> and <time> and <time>")
	f("", "a\n\tb\x00  c ", "a b c")
	f("", "服务“订单”创建失败，错误 42", "服务<text>创建失败，错误 <n>")
	f("AccessDenied", "User: arn:aws:iam::123456789012:user/bob is not authorized", "AccessDenied: User: <id> is not authorized")
	if got := ErrorGroup(new(Event)); got != "" {
		t.Errorf("no error: %q", got)
	}
}

func FuzzErrorGroup(f *testing.F) {
	f.Add("E1", `timeout after 30s of "x" at 10.0.0.1`)
	f.Add("", "2026-11-25T10:00:00Z 'a'b' ::1 a@b.c \xff")
	f.Fuzz(func(t *testing.T, code, message string) {
		group := ErrorGroup(&Event{Error: &EventError{Code: code, Message: message}})
		if len(group) > MaxTermValue || utf8.ValidString(code) && utf8.ValidString(message) && !utf8.ValidString(group) {
			t.Fatalf("%q", group)
		}
		if code == "" && strings.ContainsAny(group, "0123456789") {
			t.Errorf("a digit is left in %q", group)
		}
	})
}
