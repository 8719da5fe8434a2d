package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Command is one entry of the command table.
type Command struct {
	Name     string
	Aliases  []string
	Summary  string // one line, for the list of commands
	Usage    string // what follows the name, such as "[flags] QUERY..."
	Details  string // what a newcomer should know, in full sentences; may be empty
	Examples string // lines of shell that work, each with a comment above it
	// Run declares its flags with env.Flags and parses args with them before anything else, so that --help is always
	// answered. It returns nil, a *UsageError, ErrReported, or an error whose text is a clear sentence.
	Run func(ctx context.Context, env *Env, args []string) error
}

// Env is what a command has of the world.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string // nil: os.Getenv
	Settings       []string            // names that a config file may set; nil: Settings
	Width          func(w any) int     // columns of the terminal that w is, 0 if it is none; nil: asks the system

	command *Command // the one that runs
}

// Settings are the names of the settings that commands of this package read from the environment (ANNALS_ and the name in
// capitals) and from a config file, besides flags.
var Settings = []string{"server", "token", "data", "tenant", "tz", "tls-ca", "tls-client-cert", "tls-client-key"}

// ErrReported is returned by a command that has said on stderr why it failed.
var ErrReported = errors.New("failed")

// UsageError is a mistake in the command line: the exit status is 2.
type UsageError struct{ Message string }

func (e *UsageError) Error() string { return e.Message }

func usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Commands returns the commands of this package, in the order in which help lists them.
func Commands() []Command {
	return []Command{
		importCommand, searchCommand, tailCommand, getCommand, facetsCommand, histogramCommand, exportCommand,
		verifyCommand, checkpointCommand, backupCommand, restoreCommand, statsCommand, reindexCommand, tokenCommand, accountCommand,
		credentialCommand, masterKeyCommand, versionCommand,
	}
}

// Run runs one command line (without the program's name) with the commands of this package and returns the exit status.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Main(ctx, &Env{Stdin: stdin, Stdout: stdout, Stderr: stderr}, Commands(), args)
}

// Main runs one command line with the commands of a table and returns the exit status.
func Main(ctx context.Context, env *Env, table []Command, args []string) int {
	if env.Getenv == nil {
		env.Getenv = os.Getenv
	}
	if env.Settings == nil {
		env.Settings = Settings
	}
	if len(args) == 0 {
		overview(env.Stderr, table)
		return 2
	}
	name, args := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		if len(args) == 0 {
			overview(env.Stdout, table)
			return 0
		}
		name, args = args[0], []string{"--help"}
	case "-v", "-version", "--version":
		name = "version"
	}
	cmd := find(table, name)
	if cmd == nil {
		fmt.Fprintf(env.Stderr, "annals: there is no command %q%s; `annals help` lists them\n", name, suggestion(table, name))
		return 2
	}
	env.command = cmd
	return env.status(ctx, cmd.Run(ctx, env, args))
}

// status says on stderr what went wrong, if anything, and returns the exit status.
func (env *Env) status(ctx context.Context, err error) int {
	cmd := env.command
	if err == nil {
		return 0
	}
	if help, ok := errors.AsType[*helpRequest](err); ok {
		commandHelp(env.Stdout, cmd, help.flags)
		return 0
	}
	if usage, ok := errors.AsType[*UsageError](err); ok {
		fmt.Fprintf(env.Stderr, "annals %s: %s\nusage: annals %s %s\n`annals help %s` shows flags and examples\n",
			cmd.Name, visibleLines(usage.Message), cmd.Name, cmd.Usage, cmd.Name)
		return 2
	}
	if errors.Is(err, ErrReported) {
		return 1
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintf(env.Stderr, "annals %s: interrupted\n", cmd.Name)
		return 130
	}
	fmt.Fprintf(env.Stderr, "annals %s: %s\n", cmd.Name, visibleLines(err.Error()))
	return 1
}

func find(table []Command, name string) *Command {
	for i := range table {
		if table[i].Name == name || slices.Contains(table[i].Aliases, name) {
			return &table[i]
		}
	}
	return nil
}

// suggestion names the command that begins like a mistyped one.
func suggestion(table []Command, name string) string {
	for n := min(len(name), 8); n >= 2; n-- {
		for _, cmd := range table {
			if strings.HasPrefix(cmd.Name, name[:n]) {
				return fmt.Sprintf(" (did you mean %s?)", cmd.Name)
			}
		}
	}
	return ""
}
