package client

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Flags are a command's flags. They may stand before, between or after its arguments; "--" ends them.
type Flags struct {
	*flag.FlagSet
	// Minus says that an argument such as -result:success, which is no flag, belongs to the query.
	Minus bool

	env      *Env
	settings map[string]bool
	from     map[string]string // where a setting's value came from, for those that are not the default
	config   string
}

// Flags returns the flags of the command that runs; it has --config already.
func (env *Env) Flags() *Flags {
	f := &Flags{
		FlagSet:  flag.NewFlagSet(env.command.Name, flag.ContinueOnError),
		env:      env,
		settings: map[string]bool{},
		from:     map[string]string{},
	}
	f.SetOutput(io.Discard)
	f.StringVar(&f.config, "config", "", "read settings from `FILE`, lines of \"key = value\" (ANNALS_CONFIG)")
	return f
}

// Setting marks declared flags as settings: without the flag, the environment variable ANNALS_NAME gives the value, else the config file.
func (f *Flags) Setting(names ...string) {
	for _, name := range names {
		f.settings[name] = true
		f.Lookup(name).Usage += " (" + envName(name) + ")"
	}
}

// Source says where a setting's value came from: the flag, the variable, the file and line, or "" for the default.
func (f *Flags) Source(name string) string { return f.from[name] }

// Parse sets the flags from the arguments, the environment and the config file, in that order, and returns what is no flag.
func (f *Flags) Parse(args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			return append(rest, args...), f.applySettings()
		}
		name, value, inline := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		known := f.Lookup(name)
		switch {
		case len(arg) < 2 || arg[0] != '-', known == nil && f.Minus && !strings.HasPrefix(arg, "--") && !helps(name):
			rest = append(rest, arg)
			continue
		case known == nil && helps(name):
			return nil, &helpRequest{f}
		case known == nil:
			return nil, usagef("there is no flag %s", arg)
		}
		if boolean(known) && !inline {
			value = "true"
		} else if !inline {
			if len(args) == 0 {
				return nil, usagef("flag --%s needs a value", name)
			}
			value, args = args[0], args[1:]
		}
		if err := f.set(name, value, "--"+name); err != nil {
			return nil, err
		}
	}
	return rest, f.applySettings()
}

func (f *Flags) set(name, value, source string) error {
	if err := f.Set(name, value); err != nil {
		hint := err.Error()
		if hint == "parse error" || hint == "value out of range" {
			kind, _ := flag.UnquoteUsage(f.Lookup(name))
			hint = "want " + kind
		}
		return usagef("%s: cannot read %q: %s", source, value, hint)
	}
	f.from[name] = source
	return nil
}

// applySettings gives the settings that no flag set their value from the environment or the config file.
func (f *Flags) applySettings() error {
	if _, byFlag := f.from["config"]; !byFlag {
		f.config = f.env.Getenv("ANNALS_CONFIG")
	}
	var config Config
	if f.config != "" {
		var err error
		if config, err = LoadConfig(f.config, f.env.Settings); err != nil {
			return err
		}
	}
	names := make([]string, 0, len(f.settings))
	for name := range f.settings {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if _, byFlag := f.from[name]; byFlag {
			continue
		}
		value, source := f.env.Getenv(envName(name)), envName(name)
		if entry, ok := config[name]; ok && value == "" {
			value, source = entry.Value, fmt.Sprintf("%s:%d", f.config, entry.Line)
		}
		if value == "" {
			continue
		}
		if err := f.set(name, value, source); err != nil {
			return err
		}
	}
	return nil
}

// Values returns what all flags are, to be told. Files are named and not shown; of what is a secret itself, only that it is given.
func (f *Flags) Values() map[string]string {
	values := map[string]string{}
	f.VisitAll(func(flag *flag.Flag) {
		value := flag.Value.String()
		if (strings.HasSuffix(flag.Name, "secret") || strings.HasSuffix(flag.Name, "password")) && value != "" {
			value = "(given)"
		}
		values[flag.Name] = value
	})
	return values
}

func envName(setting string) string {
	return "ANNALS_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

func helps(name string) bool { return name == "h" || name == "help" }

func boolean(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// noArguments is for commands that take none.
func noArguments(rest []string) error {
	if len(rest) > 0 {
		return usagef("takes no argument, have %q", rest[0])
	}
	return nil
}

var errNumber = errors.New("want a whole number from 1")

// count is a flag value: a whole number from 1.
type count int

func (c *count) String() string { return fmt.Sprint(int(*c)) }

// Set implements flag.Value.
func (c *count) Set(s string) error {
	n := 0
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil || n < 1 || fmt.Sprint(n) != s {
		return errNumber
	}
	*c = count(n)
	return nil
}
