package record

import "testing"

func TestIP(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := IP(in); got != want {
			t.Errorf("IP(%q) = %q, want %q", in, got, want)
		}
	}
	f("1.2.3.4", "1.2.3.4")
	f(" 1.2.3.4 ", "1.2.3.4")
	f("1.2.3.4:10736", "1.2.3.4")
	f("1.2.3.4, 5.6.7.8", "1.2.3.4")
	f("[2001:db8::1]:65123", "2001:db8::1")
	f("[2001:db8::1]", "2001:db8::1")
	f("2001:0DB8:0000::0001", "2001:db8::1")
	f("::ffff:10.0.0.1", "10.0.0.1")
	f("fe80::1%eth0", "fe80::1")
	f("", "")
	f("iam.amazonaws.com", "")
	f("1.2.3.400", "")
	f("...", "")
	f("[2001:db8:feed:face:c0ff:eeb0:baf00:00d]:65123", "")
}

func TestEmail(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Email(in); got != want {
			t.Errorf("Email(%q) = %q, want %q", in, got, want)
		}
	}
	f("amy@x.test", "amy@x.test")
	f("amy", "")
	f("@amy", "")
	f("i:0h.f|membership|12345@live.com", "")
	f("", "")
}
