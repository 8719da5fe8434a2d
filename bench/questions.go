package main

// A question is a search that is timed, together with the plain meaning that its answer is checked by.
type question struct {
	name  string
	q     string // as sent
	sort  string // column; empty: newest first
	match func(*facts) bool
	barMs float64 // most that the p99 in the server may be; 0: no bar
}

// pageSize is how many events a page of every question has.
const pageSize = 50

const (
	keyword      = "settlement" // one of 20 tags: 5 % of the events
	otherKeyword = "frankfurt"  // one of 8 regions: 12.5 %
)

func hasKeyword(f *facts) bool { return tags[f.tag] == keyword }

// questions lists the searches, with the share of events that each hits.
var questions = []question{
	{name: "newest page", match: func(*facts) bool { return true }},
	{name: "one keyword", q: keyword, match: hasKeyword, barMs: 3}, // 5 %
	{name: "two keywords", q: keyword + " " + otherKeyword, barMs: 10, // 0.6 %
		match: func(f *facts) bool { return hasKeyword(f) && regions[f.region] == otherKeyword }},
	{name: "three filters + keyword", barMs: 15, // 0.2 %
		q: `module:"API management" operation:edit result:success ` + keyword,
		match: func(f *facts) bool {
			return f.module == 0 && f.op == 0 && f.failure < 0 && hasKeyword(f)
		}},
	{name: "phrase", q: `"rolled back"`, // 0.1 %, as many again have both words but not the phrase
		match: func(f *facts) bool { return f.comment == 0 }},
	{name: "phrase in errors", q: `"connection reset"`, // 0.6 %, as many again have both words but not the phrase
		match: func(f *facts) bool { return f.failure == 2 }},
	{name: "prefix", q: "invoic*", // 5 %
		match: func(f *facts) bool { return f.name/len(secondNames) == 1 || f.name/len(secondNames) == 2 }},
	{name: "nothing found", q: "xylophone", match: func(*facts) bool { return false }},
	{name: "keyword, sorted by user", q: keyword, sort: "user", match: hasKeyword},
}

// facetColumns are the facets asked for, each with its value of an event.
var facetColumns = []struct {
	column string
	value  func(*facts) string
}{
	{"module", func(f *facts) string { return modules[f.module].name }},
	{"operation", func(f *facts) string { return operations[f.op].name }},
	{"result", func(f *facts) string { return result(f) }},
	{"project", func(f *facts) string { return projectNames[f.project] }},
	{"user", func(f *facts) string { return names[f.user] }},
}

func result(f *facts) string {
	if f.failure < 0 {
		return "success"
	}
	return "failure"
}
