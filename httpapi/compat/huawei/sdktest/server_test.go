package sdktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// moduleRoot is where the server's module is, seen from this directory.
const moduleRoot = "../../../.."

// patience is for a start and for a stop, on a machine that has more to do.
const patience = time.Minute

// server is the real program, running as a process of its own.
type server struct {
	base  string // URL
	token string // the administrator's
}

// start builds the program and runs it on an empty data directory. When the test ends it must end too, with status 0.
func start(t *testing.T) *server {
	program, data := filepath.Join(t.TempDir(), "annals"), filepath.Join(t.TempDir(), "data")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = moduleRoot
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, out)
	}
	var said bytes.Buffer // read only when the process has ended
	cmd := exec.Command(program, "serve", "--data", data, "--listen", "127.0.0.1:0")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "ANNALS_") })
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd.Process, ended, &said) })
	s := &server{base: awaitLine(t, filepath.Join(data, "server.addr"), ended), token: awaitLine(t, filepath.Join(data, "admin.token"), ended)}
	if res, body := fetch(t, http.MethodGet, s.base+"/readyz", nil); res.StatusCode != http.StatusOK {
		t.Fatalf("the server is not ready: %s: %s", res.Status, body)
	}
	return s
}

func stop(t *testing.T, p *os.Process, ended chan error, said *bytes.Buffer) {
	if err := p.Signal(syscall.SIGTERM); err != nil && err != os.ErrProcessDone {
		t.Errorf("stop the server: %v", err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the server ended badly: %v", err)
		}
		if t.Failed() {
			t.Logf("the server said\n%s", said)
		}
	case <-time.After(patience):
		p.Kill()
		t.Errorf("the server still runs %s after SIGTERM", patience)
	}
}

// awaitLine returns the line of a file that the server writes while it starts.
func awaitLine(t *testing.T, path string, ended chan error) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); ; {
		if text, err := os.ReadFile(path); err == nil && bytes.HasSuffix(text, []byte("\n")) {
			return strings.TrimSpace(string(text))
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the server ended while it started: %v", err)
		case <-late:
			t.Fatalf("the server has not written %s within %s", path, patience)
		case <-tick.C:
		}
	}
}

// fetch makes a request without the SDK, with the headers that are given as names and values in turn, and returns the answer with its whole body.
func fetch(t *testing.T, method, url string, body io.Reader, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return res, text
}

// create posts something to the native API as the administrator.
func (s *server) create(t *testing.T, path string, in, out any) {
	t.Helper()
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	res, body := fetch(t, http.MethodPost, s.base+path, bytes.NewReader(text), "Authorization", "Bearer "+s.token, "Content-Type", "application/json")
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("POST %s: %s: %s", path, res.Status, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
}

// keys are a credential's: what the vendor calls AK and SK.
type keys struct {
	Access string `json:"id"`
	Secret string `json:"secret"`
}

// credential makes one for the tenants.
func (s *server) credential(t *testing.T, role string, tenants ...string) (k keys) {
	t.Helper()
	type grant struct {
		Role    string   `json:"role"`
		Tenants []string `json:"tenants"`
	}
	s.create(t, "/api/v1/credentials", map[string]any{"kind": "huawei", "name": fmt.Sprint(role, " of ", tenants), "grants": []grant{{role, tenants}}}, &k)
	if k.Access == "" || k.Secret == "" {
		t.Fatal("the credential lacks its ID or its secret")
	}
	return k
}
