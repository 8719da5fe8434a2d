package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	startPatience = 10 * time.Minute
	stopPatience  = 10 * time.Minute
)

// A server is the real binary, running as a process of its own.
type server struct {
	cmd     *exec.Cmd
	log     *os.File
	base    string        // URL
	token   string        // the administrator's
	started time.Duration // from the start of the process until it said that it is ready
	memory  *sampler
	exited  chan error
}

// buildServer builds the binary of the module that the working directory is in.
func buildServer(ctx context.Context, binary string) error {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("find module: %w", err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build server: %w\n%s", err, text)
	}
	return nil
}

// startServer starts the binary on the data directory and returns when it is ready. What it prints is added to logFile.
func startServer(ctx context.Context, binary, data, logFile string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open server's log: %w", err)
	}
	s := &server{cmd: exec.Command(binary, "serve", "--data", data, "--listen", address), log: out, base: "http://" + address,
		exited: make(chan error, 1)}
	s.cmd.Stdout, s.cmd.Stderr = out, out
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		out.Close()
		return nil, fmt.Errorf("start server: %w", err)
	}
	go func() { s.exited <- s.cmd.Wait() }()
	s.memory = watchMemory(s.cmd.Process.Pid)
	if err := s.awaitReady(ctx); err != nil {
		s.kill()
		return nil, err
	}
	s.started = time.Since(began)
	token, err := os.ReadFile(filepath.Join(data, "admin.token"))
	if err != nil {
		s.kill()
		return nil, fmt.Errorf("read administrator's token: %w", err)
	}
	s.token = string(bytes.TrimSpace(token))
	return s, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (s *server) awaitReady(ctx context.Context) error {
	deadline := time.Now().Add(startPatience)
	for time.Now().Before(deadline) {
		if res, err := http.Get(s.base + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("server ended while starting (see %s): %v", s.log.Name(), err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	return fmt.Errorf("server not ready after %s (see %s)", startPatience, s.log.Name())
}

// stop ends the server the clean way and returns how long that took.
func (s *server) stop() (time.Duration, error) {
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, fmt.Errorf("stop server: %w", err)
	}
	defer s.release()
	select {
	case err := <-s.exited:
		if err != nil {
			return 0, fmt.Errorf("server ended badly (see %s): %w", s.log.Name(), err)
		}
		return time.Since(began), nil
	case <-time.After(stopPatience):
		return 0, errors.Join(fmt.Errorf("server still runs %s after SIGTERM", stopPatience), s.cmd.Process.Kill())
	}
}

// kill ends the server with SIGKILL, as a crash would, and returns when it is gone.
func (s *server) kill() {
	if s.cmd.Process.Kill() == nil {
		<-s.exited
	}
	s.release()
}

func (s *server) release() {
	s.memory.stop()
	s.log.Close()
}
