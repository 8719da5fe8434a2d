package client

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

var versionCommand = Command{
	Name:    "version",
	Summary: "Print the version of this program",
	Usage:   "",
	Examples: `
# version, commit and platform
annals version
# the server's version
annals stats --json | jq -r .version
# the same
annals --version`,
	Run: runVersion,
}

func runVersion(_ context.Context, env *Env, args []string) error {
	rest, err := env.Flags().Parse(args)
	if err == nil {
		err = noArguments(rest)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "annals %s (%s, %s/%s)\n", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// Version is the module's version, or the commit that the program was built from, or "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	version := "devel"
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			version = "devel-" + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			version += "-modified"
		}
	}
	return version
}
