package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/index"
)

// children are what the test binary does when a test starts it again, by name. A child gets the log's directory and one argument, and tells
// the test on its standard output.
var children = map[string]func(dir, arg string) error{
	"append": appendUntilKilled,
}

func TestMain(m *testing.M) {
	name := os.Getenv("ANNALS_TEST_CHILD")
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](os.Getenv("ANNALS_TEST_DIR"), os.Getenv("ANNALS_TEST_ARG")); err != nil {
		fmt.Println("error", err)
		os.Exit(3)
	}
}

// child is a process that a test has started.
type child struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	lines  chan string // of its standard output, whole ones only; closed at its end
}

func startChild(t *testing.T, name, dir, arg string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self), lines: make(chan string, 1<<16)}
	c.cmd.Env = append(os.Environ(), "ANNALS_TEST_CHILD="+name, "ANNALS_TEST_DIR="+dir, "ANNALS_TEST_ARG="+arg)
	c.cmd.Stderr = &c.stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill() })
	go func() {
		defer close(c.lines)
		in := bufio.NewReader(out)
		for {
			line, err := in.ReadString('\n')
			if err != nil { // what a kill cut off was not said
				return
			}
			c.lines <- strings.TrimSuffix(line, "\n")
		}
	}()
	return c
}

// say writes a line for the test in one piece.
var say = func() func(string) {
	var mu sync.Mutex
	return func(line string) {
		mu.Lock()
		defer mu.Unlock()
		io.WriteString(os.Stdout, line+"\n")
	}
}()

// acknowledged says which events an Append has acknowledged: seq, digest of the content and ID.
func acknowledged(events []*engine.Event, outcomes []engine.Outcome) {
	var b strings.Builder
	for i, o := range outcomes {
		if o.Status == engine.Created || o.Status == engine.Duplicate {
			fmt.Fprintf(&b, "ack %d %x %s\n", o.Seq, contentOf(events[i]), o.ID)
		} else {
			fmt.Fprintf(&b, "refused %s %v\n", o.Status, o.Err)
		}
	}
	say(strings.TrimSuffix(b.String(), "\n"))
}

// withIndex opens a log with an index for a child or the test that looks after it.
func withIndex(dir string) engine.Options {
	return engine.Options{Dir: dir, WindowEvents: 256, Logger: enginetest.Quiet, MinFreeBytes: 1, Index: index.New(index.Options{Logger: enginetest.Quiet})}
}

func waitIndexed(t *testing.T, l *engine.Log) {
	t.Helper()
	if err := l.WaitIndexed(context.Background()); err != nil {
		t.Fatal(err)
	}
}
