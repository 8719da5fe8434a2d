package sdktest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// annals is the binary, built once for all tests.
var annals string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "annals-sdktest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	annals = filepath.Join(dir, "annals")
	build := exec.Command("go", "build", "-o", annals, ".")
	build.Dir, build.Stderr = "../../../..", os.Stderr
	status := 1
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the server:", err)
	} else {
		status = m.Run()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}

// server is the binary, serving.
type server struct {
	dir, url, token string
}

var listening = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

func startServer(t *testing.T) *server {
	t.Helper()
	s := &server{dir: t.TempDir()}
	cmd := exec.Command(annals, "serve", "--listen", "127.0.0.1:0", "--data", s.dir)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for s.url == "" && lines.Scan() {
		s.url = listening.FindString(lines.Text())
	}
	if s.url == "" {
		t.Fatalf("the server does not say where it listens: %v", lines.Err())
	}
	drained := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, out)
		drained <- err
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop the server: %v", err)
		}
		if err := <-drained; err != nil {
			t.Errorf("read the server's log: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	token, err := os.ReadFile(filepath.Join(s.dir, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	s.token = strings.TrimSpace(string(token))
	return s
}

// credential makes one with the command that the README names.
func (s *server) credential(t *testing.T, role, tenant string) (ak, sk string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), annals, "credential", "create", "--kind", "huawei", "--name", "SDK", "--role", role, "--tenant", tenant)
	cmd.Env = append(os.Environ(), "ANNALS_DATA="+s.dir, "ANNALS_SERVER="+s.url, "ANNALS_TOKEN="+s.token)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("make a credential: %v", err)
	}
	if n, err := fmt.Sscan(string(out), &ak, &sk); n != 2 {
		t.Fatalf("make a credential: %v", err)
	}
	return ak, sk
}

// post sends events by the native API.
func (s *server) post(t *testing.T, events string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/v1/events", strings.NewReader(events))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if status, body := do(t, r); status != http.StatusCreated {
		t.Fatalf("post events: %d %s", status, body)
	}
}

// download gets what a link leads to, as any program would: without a header.
func download(t *testing.T, link string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
