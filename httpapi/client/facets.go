package client

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
)

var facetsCommand = Command{
	Name:    "facets",
	Summary: "Count events by the values of fields",
	Usage:   "[flags] FIELD[,FIELD...] [QUERY...]",
	Details: "For each field, its most frequent values among the events that the query matches, with exact counts.",
	Examples: `
# what kinds of things happened, and how they ended
annals facets operation,result
# who fails most often today
annals facets user result:failure --from today --limit 5
# the projects behind one error, as JSON
annals facets project error:quota* --json`,
	Run: runFacets,
}

func runFacets(ctx context.Context, env *Env, args []string) error {
	var a ask
	limit := count(10)
	var asJSON bool
	f := env.Flags()
	a.register(f)
	f.Var(&limit, "limit", "show the `N` most frequent values of each field")
	f.BoolVar(&asJSON, "json", false, "print the server's answer as a line of JSON")
	if err := a.parse(args); err != nil {
		return err
	}
	fields, query, _ := strings.Cut(a.query, " ")
	if fields == "" || strings.Contains(fields, ":") {
		return usagef("name the fields first, such as operation,result")
	}
	a.query = query
	values := a.values()
	values.Set("fields", fields)
	values.Set("limit", strconv.Itoa(int(limit)))
	var raw jsontext.Value
	if err := a.get(ctx, "/facets", values, &raw); err != nil {
		return a.explain(err)
	}
	if asJSON {
		return printValue(env, raw, true)
	}
	var answer struct {
		Facets map[string][]engine.FacetValue `json:"facets"`
		Total  uint64                         `json:"total"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	for _, field := range strings.Split(fields, ",") {
		printFacet(env.screen(env.Stdout), field, answer.Facets[field], answer.Total)
	}
	fmt.Fprintf(env.Stderr, "%s %s\n", grouped(answer.Total), plural(answer.Total, "event"))
	return nil
}

func printFacet(out screen, field string, counts []engine.FacetValue, total uint64) {
	fmt.Fprintln(out.w, out.paint(bold, visible(field)))
	widest := 0
	for _, c := range counts {
		widest = max(widest, min(textWidth(visible(c.Value)), 40))
	}
	for _, c := range counts {
		value := visible(c.Value)
		if out.width > 0 || textWidth(value) < widest {
			value = fit(value, widest)
		}
		fmt.Fprintf(out.w, "  %s %12s %s\n", value, grouped(c.Count), percent(c.Count, total))
	}
}

func percent(n, total uint64) string {
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%5.1f %%", 100*float64(n)/float64(total))
}
