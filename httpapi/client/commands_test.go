package client_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"annals/httpapi/client"
)

func TestEveryCommandTeaches(t *testing.T) {
	c := newCLI(t, "http://127.0.0.1:1")
	list := c.run("help")
	if list.status != 0 {
		t.Fatalf("help: %+v", list)
	}
	for _, cmd := range client.Commands() {
		if !strings.Contains(list.stdout, "\n  "+cmd.Name+" ") || !strings.Contains(list.stdout, cmd.Summary) {
			t.Errorf("help does not list %s", cmd.Name)
		}
		for _, args := range [][]string{{"help", cmd.Name}, {cmd.Name, "--help"}, {cmd.Name, "-h"}} {
			got := c.run(args...)
			if got.status != 0 || !strings.Contains(got.stdout, "usage: annals "+cmd.Name) || got.stderr != "" {
				t.Errorf("%v: %+v", args, got)
			}
			if n := len(regexp.MustCompile(`(?m)^  #`).FindAllString(got.stdout, -1)); n < 3 {
				t.Errorf("%v shows %d examples, want 3 or more", args, n)
			}
		}
	}
}

// The examples' annals command lines are understood: flags that exist, arguments in place.
func TestExamplesParse(t *testing.T) {
	f := newFake(t)
	f.put(event(1, ""))
	for _, cmd := range client.Commands() {
		for _, line := range strings.Split(cmd.Examples, "\n") {
			i := strings.Index(line, "annals ")
			if i < 0 || strings.HasPrefix(line, "#") || strings.Contains(line[i:], "$") || cmd.Name == "tail" || cmd.Name == "import" {
				continue
			}
			end := strings.IndexAny(strings.Replace(line[i:], "2>", ">", 1), "|>)")
			if end < 0 {
				end = len(line) - i
			}
			c := newCLI(t, f.URL)
			t.Chdir(t.TempDir())
			if got := c.run(splitWords(strings.TrimSuffix(line[i+len("annals "):i+end], " "))...); got.status == 2 {
				t.Errorf("%s\n%s", line, got.stderr)
			}
		}
	}
}

// splitWords splits a line of shell with single quotes.
func splitWords(line string) []string {
	words := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1)
	for i, w := range words {
		words[i] = strings.Trim(w, "'")
	}
	return words
}

func TestWrongUsage(t *testing.T) {
	c := newCLI(t, "http://127.0.0.1:1")
	f := func(want string, args ...string) {
		t.Helper()
		if got := c.run(args...); got.status != 2 || !strings.Contains(got.stderr, want) {
			t.Errorf("%v: %+v, want status 2 and %q", args, got, want)
		}
	}
	f("usage: annals COMMAND")
	f(`there is no command "serch"`, "serch")
	f("did you mean search?", "sear")
	f(`no command "\x1b[2J"`, "\x1b[2J")
	f("there is no flag --jsn", "search", "--jsn")
	f("flag --limit needs a value", "search", "--limit")
	f("want a whole number from 1", "search", "--limit", "many")
	f(`there is no time zone "Nowhere"`, "search", "--tz", "Nowhere")
	f("name a file", "import")
	f("unknown record format", "import", "--format", "nothing", "x")
	f("is not a sequence number", "tail", "--from", "yesterday")
	f("takes no argument", "verify", "now")
	f("name the event's ID", "get")
	f("say: token show", "token", "make")
	f("say: token show", "token")
	f("needs --name and --role", "token", "create", "--name", "x")
	f("--role is not for it", "token", "list", "--role", "reader")
	f("takes 1 arguments, have 0", "token", "revoke")
	f("say: credential create", "credential")
	f("needs --kind, --name and --role", "credential", "create", "--name", "x", "--role", "reader")
	f("--kind is not for it", "credential", "list", "--kind", "huawei")
	f("takes 1 arguments, have 0", "credential", "revoke")
	f("say: master-key rotate", "master-key")
	f("say: account list", "account", "make")
	f("needs --login, --name and --role", "account", "create", "--login", "x")
	f("--login is not for it", "account", "list", "--login", "x")
	f("takes 1 arguments, have 0", "account", "disable")
	f(`"yesterday" is neither an age`, "token", "create", "--name", "x", "--role", "reader", "--expires", "yesterday")
	f("want http://HOST:PORT", "search", "--server", "ftp://x")
}

func TestSettingsComeFromFlagEnvironmentFile(t *testing.T) {
	f := newFake(t)
	f.put(event(1, ""))
	c := newCLI(t, "")
	config := c.file("annals.conf", "# where the log is\nserver = \""+f.URL+"\"\ntoken=wrong\n\ntz = UTC\n")
	delete(c.env, "ANNALS_SERVER")
	c.env["ANNALS_CONFIG"] = config
	if got := c.run("search"); got.status != 0 {
		t.Errorf("server from the file, token from the environment: %+v", got)
	}
	delete(c.env, "ANNALS_TOKEN")
	if got := c.run("search"); got.status != 1 || !strings.Contains(got.stderr, "annals.conf:3 is not accepted") && !strings.Contains(got.stderr, "the token from "+config+":3") {
		t.Errorf("token from the file: %+v", got)
	}
	if got := c.run("search", "--token", fakeToken); got.status != 0 {
		t.Errorf("token from the flag: %+v", got)
	}
	for text, want := range map[string]string{"sever = x\n": `:1: there is no setting "sever"`, "server x": `:1: "server x" is not "key = value"`,
		"tz = UTC\ntz = UTC": ":2: tz is set twice"} {
		if got := c.run("search", "--config", c.file("bad.conf", text)); got.status != 1 || !strings.Contains(got.stderr, want) {
			t.Errorf("config %q: %+v", text, got)
		}
	}
}

// On the server's machine address and token are found; the token is not shown to any other server.
func TestFindsTheServerOnThisMachine(t *testing.T) {
	f := newFake(t)
	f.put(event(1, ""))
	c := newCLI(t, "")
	data := t.TempDir()
	c.env = map[string]string{"ANNALS_DATA": data, "TZ": "UTC"}
	for name, text := range map[string]string{client.ServerFile: f.URL + "\n", client.TokenFile: fakeToken + "\n"} {
		if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.run("search"); got.status != 0 {
		t.Fatalf("search: %+v", got)
	}
	got := c.run("token", "show")
	if got.status != 0 || !strings.Contains(got.stdout, client.TokenFile) || !strings.Contains(got.stdout, "accepted     yes") || strings.Contains(got.stdout, fakeToken) {
		t.Errorf("token show: %+v", got)
	}
	if got := c.run("token", "show", "--reveal"); got.stdout != fakeToken+"\n" {
		t.Errorf("token show --reveal: %+v", got)
	}
	if got := c.run("token", "show", "--server", "https://audit.example.com"); got.status != 1 || !strings.Contains(got.stderr, "only used for a server on this machine") {
		t.Errorf("token for another machine: %+v", got)
	}
}

func TestNoServer(t *testing.T) {
	c := newCLI(t, "127.0.0.1:1")
	for _, args := range [][]string{{"search"}, {"tail"}, {"tail", "--from", "0"}, {"verify"}, {"export"}, {"import", c.file("a.json", event(1, ""))}} {
		got := c.run(args...)
		if got.status != 1 || !strings.Contains(got.stderr, "start one with `annals serve`") {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestInterrupted(t *testing.T) {
	f := newFake(t)
	c := newCLI(t, f.URL)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr lockedBuffer
	for _, args := range [][]string{{"search"}, {"tail"}, {"export", "-o", "x"}, {"verify"}, {"import", c.file("a.json", event(1, ""))}} {
		if got := c.runWith(ctx, &stdout, &stderr, args...); got.status != 130 {
			t.Errorf("%v: %+v, want status 130", args, got)
		}
	}
}
