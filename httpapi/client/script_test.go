package client_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"annals/httpapi/client"
)

// TestScripts runs the scripts of testdata against the real program and a real server. A line of a script is
//
//	annals ARGS     run the command; it must end with status 0, unless the next line says otherwise
//	status N        the command's exit status
//	out TEXT        its standard output has the text; runs of spaces count as one
//	err TEXT        its standard error has
//	no TEXT         neither has
//	lines N         its standard output has so many lines
//	keep NAME N     later lines write ${NAME} for its standard output's Nth word
//
// Files follow the script as a txtar archive.
func TestScripts(t *testing.T) {
	program := filepath.Join(t.TempDir(), "annals")
	if out, err := exec.Command("go", "build", "-o", program, "annals").CombinedOutput(); err != nil {
		t.Fatalf("build annals: %v\n%s", err, out)
	}
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	for _, path := range scripts {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			s := script{t: t, program: program, dir: t.TempDir(), kept: map[string]string{}}
			for _, f := range archive.Files {
				if err := os.WriteFile(filepath.Join(s.dir, f.Name), f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s.serve()
			s.run(string(archive.Comment))
		})
	}
	t.Run("tls", func(t *testing.T) { testTLS(t, program) })
	t.Run("listen", func(t *testing.T) { testListen(t, program) })
	t.Run("master key", func(t *testing.T) { testMasterKey(t, program) })
	t.Run("own log", func(t *testing.T) { testOwnLog(t, program) })
}

type script struct {
	t            *testing.T
	program, dir string
	env          []string // besides the test's
	line         int
	status       int
	checked      bool // the status was
	stdout       string
	stderr       string
	kept         map[string]string
}

func (s *script) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TZ=UTC", "ANNALS_SERVER=", "ANNALS_TOKEN=", "ANNALS_DATA=", "ANNALS_CONFIG=")
	cmd.Env = append(cmd.Env, s.env...)
	return cmd
}

// serve starts a server whose data is in the script's directory, where the commands look for it by themselves. It is stopped when the test ends,
// or before that by the function that is returned.
func (s *script) serve(flags ...string) (stop func()) {
	server := s.command(context.Background(), append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		s.t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := errors.Join(server.Process.Signal(syscall.SIGTERM), server.Wait()); err != nil {
			s.t.Errorf("server: %v\n%s", err, said.String())
		}
	})
	s.t.Cleanup(stop)
	for range 600 {
		if _, err := os.Stat(filepath.Join(s.dir, "annals-data", client.ServerFile)); err == nil {
			return stop
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatal("the server did not say where it is")
	return stop
}

func (s *script) run(text string) {
	s.checked = true
	for i, line := range strings.Split(text, "\n") {
		for name, value := range s.kept {
			line = strings.ReplaceAll(line, "${"+name+"}", value)
		}
		verb, rest, _ := strings.Cut(line, " ")
		if verb != "status" && verb != "out" && verb != "err" && verb != "no" && verb != "lines" {
			s.checkStatus(0)
		}
		s.line = i + 1
		switch verb {
		case "", "#":
		case "annals":
			s.call(rest)
		case "keep":
			name, nth, _ := strings.Cut(rest, " ")
			n, _ := strconv.Atoi(nth)
			words := strings.Fields(s.stdout)
			if n < 1 || n > len(words) {
				s.t.Fatalf("line %d: there is no word %s in %q", s.line, nth, s.stdout)
			}
			s.kept[name] = words[n-1]
		case "status":
			n, _ := strconv.Atoi(rest)
			s.checkStatus(n)
		case "out":
			s.want(spaced(s.stdout), rest, true)
		case "err":
			s.want(spaced(s.stderr), rest, true)
		case "no":
			s.want(spaced(s.stdout+s.stderr), rest, false)
		case "lines":
			if n := strings.Count(s.stdout, "\n"); strconv.Itoa(n) != rest {
				s.t.Errorf("line %d: %d lines, want %s:\n%s", s.line, n, rest, s.stdout)
			}
		default:
			s.t.Fatalf("line %d: no verb %q", s.line, verb)
		}
	}
	s.checkStatus(0)
}

func (s *script) call(args string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := s.command(ctx, splitWords(args)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		s.t.Fatalf("line %d: %v", s.line, err)
	}
	s.stdout, s.stderr, s.status, s.checked = stdout.String(), stderr.String(), cmd.ProcessState.ExitCode(), false
}

func (s *script) checkStatus(want int) {
	if !s.checked && s.status != want {
		s.t.Errorf("line %d: status %d, want %d\n%s%s", s.line, s.status, want, s.stdout, s.stderr)
	}
	s.checked = true
}

func (s *script) want(have, text string, want bool) {
	s.t.Helper()
	if strings.Contains(have, spaced(text)) != want {
		s.t.Errorf("line %d: %q there: %v, want %v\nstdout:\n%s\nstderr:\n%s", s.line, text, !want, want, s.stdout, s.stderr)
	}
}

func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }
