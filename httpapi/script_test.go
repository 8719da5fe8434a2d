package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// TestScripts runs testdata/*.txt, each against a fresh server. A script is a list of cases, parted by empty lines:
//
//	POST /api/v1/events             the request, or a link that an answer had; the token is sent unless told otherwise
//	reqheader Content-Type: x       a header; an empty value removes it
//	reqbody {"action":"a"}          a line of the body; any number of them
//	code == 201                     expectations: code, header NAME, body, json .path.0.name
//	json .created == 1              == and != compare, contains and lacks look for text; JSON values are written as JSON
//	keep NAME .next                 a value for later lines, which write ${NAME}
//	keepheader NAME Location        the same of a header
//	repeat NAME 65536 x             the same of a text so many times
//	sign VENDOR ARGUMENTS           the request is signed as the vendor's clients do, after all its headers and body; see signers
//	crash                           the server's clock panics while the request is answered
//	later 5m                        the clock of the server goes on
//	limit address 0.5               so many requests a second are answered from here on, twice as many at once; token: of one token or credential
//	close                           the log is closed under the server
//
// Lines that begin with # are comments. Every answer is held against openapi.json besides.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			runScript(t, file, newServer(t, Options{Version: "1.2.3"}))
		})
	}
}

// TestVendorScripts runs the scripts of the rooms for other products' clients.
func TestVendorScripts(t *testing.T) {
	files, err := filepath.Glob("compat/*/testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(filepath.Dir(file))) + "/" + strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			vendor, script, _ := strings.Cut(name, "/")
			if script != "keyless" {
				runScript(t, file, newServer(t, Options{Version: "1.2.3"}))
				return
			}
			s, id, secret := withoutMasterKey(t, vendor)
			runScriptWith(t, file, s, map[string]string{"ID": id, "SECRET": secret})
		})
	}
}

// signers sign requests as other products' clients do. They are written from the vendors' documents, and share nothing with what checks them.
// Body is what is sent, and now the server's clock.
var signers = map[string]func(r *http.Request, body string, now time.Time, args []string){}

// TestSearchWithoutIndex: the index never changes an answer, nor does its absence.
func TestSearchWithoutIndex(t *testing.T) {
	runScript(t, "testdata/search.txt", serve(t, Options{}, engine.Options{}))
}

func runScript(t *testing.T, file string, s *server) {
	t.Helper()
	runScriptWith(t, file, s, map[string]string{})
}

// runScriptWith runs a script that begins with some values kept.
func runScriptWith(t *testing.T, file string, s *server, kept map[string]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	run := &scriptRun{server: s, kept: kept}
	for i, line := range strings.Split(string(text)+"\n", "\n") {
		if err := run.line(t, line); err != nil {
			t.Fatalf("%s:%d: %s\n%v\nlast answer: %s", file, i+1, line, err, run.body)
		}
	}
}

// scriptRun is a script being run.
type scriptRun struct {
	server  *server
	kept    map[string]string
	pending *http.Request // not sent yet: its headers and body are still being read
	reqBody []string
	sign    []string // how to sign it; nil: not at all
	crash   bool     // whether the server does while it answers
	resp    *http.Response
	body    string
}

func (s *scriptRun) line(t *testing.T, line string) error {
	for name, value := range s.kept {
		line = strings.ReplaceAll(line, "${"+name+"}", value)
	}
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "", "#":
		s.send(t)
		return nil
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD":
		s.send(t)
		s.pending, s.reqBody = s.server.request(t, verb, strings.TrimPrefix(rest, s.server.URL), ""), nil
		return nil
	case "reqheader":
		name, value, _ := strings.Cut(rest, ": ")
		if name = strings.TrimSuffix(name, ":"); value == "" {
			s.pending.Header.Del(name)
		} else {
			s.pending.Header.Set(name, value)
		}
		return nil
	case "reqbody":
		s.reqBody = append(s.reqBody, rest)
		return nil
	case "sign":
		s.sign = strings.Fields(rest)
		return nil
	case "crash":
		s.crash = true
		return nil
	}
	s.send(t)
	return s.expect(verb, rest)
}

func (s *scriptRun) send(t *testing.T) {
	if s.pending == nil {
		return
	}
	body := strings.Join(s.reqBody, "\n")
	r := s.server.request(t, s.pending.Method, s.pending.URL.RequestURI(), body)
	r.Header = s.pending.Header
	if len(s.sign) > 0 {
		signers[s.sign[0]](r, body, s.server.now(), s.sign[1:])
	}
	s.server.crash.Store(s.crash)
	s.resp, s.body = s.server.do(t, r)
	s.server.crash.Store(false)
	s.pending, s.sign, s.crash = nil, nil, false
}

func (s *scriptRun) expect(verb, rest string) error {
	switch verb {
	case "code":
		return compare(strconv.Itoa(s.resp.StatusCode), rest)
	case "body":
		return compare(s.body, rest)
	case "header":
		name, rest, _ := strings.Cut(rest, " ")
		return compare(s.resp.Header.Get(name), rest)
	case "json":
		path, rest, _ := strings.Cut(rest, " ")
		value, err := s.at(path)
		if err != nil {
			return err
		}
		return compare(value, rest)
	case "keep":
		name, path, _ := strings.Cut(rest, " ")
		value, err := s.at(path)
		s.kept[name] = strings.Trim(value, `"`)
		return err
	case "keepheader":
		name, header, _ := strings.Cut(rest, " ")
		if s.kept[name] = s.resp.Header.Get(header); s.kept[name] == "" {
			return fmt.Errorf("there is no header %s", header)
		}
		return nil
	case "repeat":
		name, rest, _ := strings.Cut(rest, " ")
		times, text, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(times)
		if err == nil {
			s.kept[name] = strings.Repeat(text, n)
		}
		return err
	case "later":
		d, err := time.ParseDuration(rest)
		s.server.later.Add(int64(d))
		return err
	case "limit":
		what, number, _ := strings.Cut(rest, " ")
		perSecond, err := strconv.ParseFloat(number, 64)
		if err != nil || perSecond <= 0 {
			return fmt.Errorf("there is no limit of %q", number)
		}
		return s.server.limit(what, perSecond)
	case "close":
		return s.server.log.Close()
	}
	return fmt.Errorf("there is no expectation %q", verb)
}

// limit bounds requests from here on, by the server's clock.
func (s *server) limit(what string, perSecond float64) error {
	s.api.limits.Loopback = true
	switch what {
	case "address":
		s.api.limits.PerAddress, s.api.perAddress = perSecond, newLimiter[netip.Addr](perSecond)
		s.api.perAddress.now = s.now
	case "token":
		s.api.limits.PerToken, s.api.perToken = perSecond, newLimiter[identity](perSecond)
		s.api.perToken.now = s.now
	default:
		return fmt.Errorf("there is no limit for each %q", what)
	}
	return nil
}

func compare(got, expectation string) error {
	op, want, _ := strings.Cut(expectation, " ")
	ok := false
	switch op {
	case "==":
		ok = got == want
	case "!=":
		ok = got != want
	case "contains":
		ok = strings.Contains(got, want)
	case "lacks":
		ok = !strings.Contains(got, want)
	default:
		return fmt.Errorf("there is no comparison %q", op)
	}
	if !ok {
		return fmt.Errorf("got %s", got)
	}
	return nil
}

// at returns the JSON text of what is at a path such as .events.0.id in the answer; #, as in .events.#, is the length.
func (s *scriptRun) at(path string) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(s.body), &v); err != nil {
		return "", fmt.Errorf("the answer is not JSON: %w", err)
	}
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "."), ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			if step == "#" {
				v = len(x)
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(x) {
				return "", fmt.Errorf("no %s in %s", step, path)
			}
			v = x[i]
		default:
			v = nil
		}
	}
	text, err := json.Marshal(v, json.Deterministic(true))
	return string(text), err
}
