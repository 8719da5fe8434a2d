package client

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// helpRequest is returned by Flags.Parse for -h and --help.
type helpRequest struct{ flags *Flags }

func (*helpRequest) Error() string { return "help asked for" }

func overview(w io.Writer, table []Command) {
	fmt.Fprint(w, "Annals keeps an audit log: who did what to which resource, when, from where, with what result.\n\n"+
		"usage: annals COMMAND [flags] [arguments]\n\n")
	for _, cmd := range table {
		fmt.Fprintf(w, "  %-12s %s\n", cmd.Name, cmd.Summary)
	}
	fmt.Fprintf(w, "  %-12s %s\n", "help", "Explain a command: its flags, with examples")
	fmt.Fprint(w, `
Try it:
  annals serve --sample             start a server with a small real sample
  annals search result:failure      find what failed
  annals import auth.log            take in your own records
  annals help search                the query language, by example

A setting comes from its flag, else from the environment (ANNALS_SERVER, ANNALS_TOKEN, ANNALS_DATA, ...), else from
the file of "key = value" lines that --config or ANNALS_CONFIG names. On the server's own machine nothing is needed:
address and token are found in its data directory.
`)
}

func commandHelp(w io.Writer, cmd *Command, flags *Flags) {
	fmt.Fprintf(w, "%s.\n\nusage: annals %s %s\n", cmd.Summary, cmd.Name, cmd.Usage)
	if cmd.Details != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(cmd.Details))
	}
	printFlags(w, flags)
	if cmd.Examples != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", indent(strings.TrimSpace(cmd.Examples)))
	}
}

func printFlags(w io.Writer, flags *Flags) {
	var own, connecting []string
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		left := "  --" + f.Name
		if len(f.Name) == 1 {
			left = "  -" + f.Name
		}
		if value != "" {
			left += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			usage += " (default " + f.DefValue + ")"
		}
		line := fmt.Sprintf("%-22s %s", left, usage)
		if flags.settings[f.Name] || f.Name == "config" {
			connecting = append(connecting, line)
		} else {
			own = append(own, line)
		}
	})
	for _, group := range []struct {
		head  string
		lines []string
	}{{"Flags", own}, {"Settings", connecting}} {
		if len(group.lines) > 0 {
			fmt.Fprintf(w, "\n%s:\n%s\n", group.head, strings.Join(group.lines, "\n"))
		}
	}
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
