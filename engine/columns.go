package engine

import (
	"cmp"
	"slices"
)

// Columns are what answers can be counted by, and sorted by besides time.
var Columns = []string{
	"user", "action", "operation", "result", "project", "module", "type", "ip", "agent", "channel", "tenant", "error", "group", "resource",
}

// IndexedColumns are the columns whose values the index counts. Resource is not among them: nearly every event has one of its own. It is sorted by
// its ResourceKey alone.
var IndexedColumns = Columns[:len(Columns)-1]

// SortColumns are all columns that ColumnValues knows. Those beyond Columns can be sorted by, not counted.
var SortColumns = append(slices.Clone(Columns), "id", "description")

// ResourceKey is what an event is sorted by in the column resource: the first value there is, as FoldValue gives it; empty when there is none.
func ResourceKey(e *Event) string {
	for i := range e.Resources {
		if name := cmp.Or(e.Resources[i].Name, e.Resources[i].ID); name != "" {
			return FoldValue(name)
		}
	}
	return ""
}

// sortValue is what an event is sorted by in a column; empty when it has no value there.
func sortValue(e *Event, column string) string {
	if column == "resource" {
		return ResourceKey(e)
	}
	if values := ColumnValues(e, column, nil); len(values) > 0 {
		return values[0]
	}
	return ""
}

// KnownColumn reports whether name is one of Columns.
func KnownColumn(name string) bool { return slices.Contains(Columns, name) }

// manyValues is how many values of an event are compared one by one.
const manyValues = 32

// ColumnValues appends to dst the event's values in a column (one of SortColumns): distinct, not empty, as written, each
// cut to at most MaxTermValue bytes. Only resource and type may have several.
func ColumnValues(e *Event, column string, dst []string) []string {
	from := len(dst)
	var seen map[string]bool // once there are many
	add := func(values ...string) {
		for _, v := range values {
			if v == "" {
				continue
			}
			v = cut(v, MaxTermValue)
			if len(dst)-from > manyValues {
				if seen == nil {
					seen = make(map[string]bool)
					for _, d := range dst[from:] {
						seen[d] = true
					}
				}
				if !seen[v] {
					seen[v] = true
					dst = append(dst, v)
				}
			} else if !slices.Contains(dst[from:], v) {
				dst = append(dst, v)
			}
			return
		}
	}
	switch column {
	case "user":
		add(e.Actor.Name, e.Actor.Email, e.Actor.ID)
	case "action":
		add(e.Action)
	case "operation":
		add(e.Operation)
	case "result":
		add(e.Result)
	case "project":
		add(e.Project.Name, e.Project.ID)
	case "module":
		add(e.Module)
	case "ip":
		add(e.Source.IP)
	case "agent":
		add(e.Source.UserAgent)
	case "channel":
		add(e.Source.Channel)
	case "tenant":
		add(e.Tenant)
	case "error":
		if e.Error != nil {
			add(e.Error.Message, e.Error.Code)
		}
	case "group":
		add(ErrorGroup(e))
	case "type":
		for i := range e.Resources {
			add(e.Resources[i].Type)
		}
	case "resource":
		for i := range e.Resources {
			add(e.Resources[i].Name, e.Resources[i].ID)
		}
	case "id":
		add(e.ID)
	case "description":
		add(e.Description)
	}
	return dst
}
