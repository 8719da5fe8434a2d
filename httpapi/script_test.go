package httpapi

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// TestScripts runs testdata/*.txt, each against a fresh server. A script is a list of cases, parted by empty lines:
//
//	POST /api/v1/events             the request; the token is sent unless told otherwise
//	reqheader Content-Type: x       a header; an empty value removes it
//	reqbody {"action":"a"}          a line of the body; any number of them
//	code == 201                     expectations: code, header NAME, body, json .path.0.name
//	json .created == 1              == and != compare, contains and lacks look for text; JSON values are written as JSON
//	keep NAME .next                 a value for later lines, which write ${NAME}
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

// TestSearchWithoutIndex: the index never changes an answer, nor does its absence.
func TestSearchWithoutIndex(t *testing.T) {
	runScript(t, "testdata/search.txt", serve(t, Options{}, engine.Options{}))
}

func runScript(t *testing.T, file string, s *server) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	run := &scriptRun{server: s, kept: map[string]string{}}
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
		s.pending, s.reqBody = s.server.request(t, verb, rest, ""), nil
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
	}
	s.send(t)
	return s.expect(verb, rest)
}

func (s *scriptRun) send(t *testing.T) {
	if s.pending == nil {
		return
	}
	r := s.server.request(t, s.pending.Method, s.pending.URL.RequestURI(), strings.Join(s.reqBody, "\n"))
	r.Header = s.pending.Header
	s.pending = nil
	s.resp, s.body = s.server.do(t, r)
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
	}
	return fmt.Errorf("there is no expectation %q", verb)
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
