package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"annals/engine"
)

func TestOperationOf(t *testing.T) {
	f := func(action, want string) {
		t.Helper()
		if got := OperationOf(action); got != want {
			t.Errorf("OperationOf(%q) = %q, want %q", action, got, want)
		}
	}
	f("CreateUser", engine.OpCreate)
	f("iam.roles.delete", engine.OpDelete)
	f("user_login", engine.OpLogin)
	f("user.sign_in", engine.OpLogin)
	f("ConsoleLogin", engine.OpLogin)
	f("UserLoggedOut", engine.OpLogout)
	f("user log out", engine.OpLogout)
	f("list", engine.OpRead)
	f("BatchGetSecretValue", engine.OpRead)
	f("PutBucketPolicy", engine.OpEdit)
	f("StopLogging", engine.OpStop)
	f("DBInstanceDelete", engine.OpDelete)
	f("Decrypt", engine.OpOther)
	f("", engine.OpOther)
}

func TestTime(t *testing.T) {
	east := time.FixedZone("east", 2*3600)
	f := func(s string, want string) {
		t.Helper()
		got, err := Time(s, east)
		if text := got.Format(time.RFC3339Nano); err != nil && want != "" || err == nil && text != want {
			t.Errorf("Time(%q) = %s, %v, want %s", s, text, err, want)
		}
	}
	f("2023-07-10T11:42:36Z", "2023-07-10T11:42:36Z")
	f("2023-07-10T11:42:36.123456789+02:00", "2023-07-10T09:42:36.123456789Z")
	f("2023-07-10 11:42:36", "2023-07-10T09:42:36Z")
	f("2020-10-19 10:46:42.027", "2020-10-19T08:46:42.027Z")
	f("2023-07-10T11:42:36", "2023-07-10T09:42:36Z")
	f("1689000000", "2023-07-10T14:40:00Z")
	f("1689000000.5", "2023-07-10T14:40:00.5Z")
	f("1689000000123", "2023-07-10T14:40:00.123Z")
	f("1689000000123456", "2023-07-10T14:40:00.123456Z")
	f("", "")
	f("soon", "")
	f("-5", "")
}

func TestRows(t *testing.T) {
	var got []string
	text := "\xef\xbb\xbfname,note\r\namy,\"two\nlines, \"\"quoted\"\"\"\r\nbob\r\ncy,x\"y\"\r\ndan,last\r\neve,\"never closed\n"
	err := Rows(strings.NewReader(text), func(line int, row Row, err error) error {
		if err != nil {
			got = append(got, fmt.Sprint(line, " ", err))
			return nil
		}
		got = append(got, fmt.Sprint(line, " ", string(row.Fields().Value())))
		return nil
	})
	want := []string{
		`2 {"name":"amy","note":"two\nlines, \"quoted\""}`,
		`4 row has 1 values, the header 2`,
		`5 read CSV: column 5: bare " in non-quoted-field`,
		`6 {"name":"dan","note":"last"}`,
		`7 file ends inside this record`,
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v\n got %q\nwant %q", err, got, want)
	}
}

func TestFields(t *testing.T) {
	var f Fields
	f.Set("a", "1")
	f.Set("a", "2")
	f.Set("empty", "")
	f.Set("b\xff", "\x00<\xff>")
	f.SetRaw("line \xff")
	if got, want := string(f.Value()), `{"a":"1","b`+"\uFFFD"+`":"\u0000<`+"\uFFFD"+`>","raw":"line `+"\uFFFD"+`","raw_base64":"bGluZSD/"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOwnID(t *testing.T) {
	raw := []byte("raw")
	f := func(own string, kept bool) {
		t.Helper()
		got := OwnID(own, "x", raw)
		if kept && got != own || !kept && got != DeriveID("x", raw) {
			t.Errorf("OwnID(%q) = %q", own, got)
		}
	}
	f("4f0a-1", true)
	f("", false)
	f("a\nb", false)
	f("a\xff", false)
	f(strings.Repeat("x", engine.MaxIDBytes+1), false)
}
