package httpapi

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms is the import table: which packages of this module a room may import. A room is a package or, with a star at the
// end, all packages below. A room that is not here may not exist.
var rooms = []struct {
	room string
	may  []string
}{
	{"engine/merkle", nil},
	{"engine", []string{"engine/merkle"}},
	{"engine/enginetest", []string{"engine", "index"}},
	{"index", []string{"engine"}},
	{"httpapi/reply", []string{"engine"}},
	{"httpapi/export", []string{"engine"}},
	{"httpapi/auth", []string{"engine", "httpapi/reply"}},
	{"httpapi/ingest", []string{"engine", "httpapi/ingest/*"}},
	{"httpapi/ingest/record/*", []string{"engine", "httpapi/ingest/record"}},
	{"httpapi/ingest/*", []string{"engine", "httpapi/ingest/record"}}, // what every record translator shares
	{"httpapi/compat/*", []string{"engine", "httpapi/auth", "httpapi/reply", "httpapi/export"}},
	{"httpapi/console", []string{"engine", "httpapi/auth", "httpapi/reply", "httpapi/export"}},
	{"httpapi/recorder", []string{"engine"}}, // other services import it: nothing of the server comes with it but what an event is
	{"httpapi/client", []string{"engine", "httpapi/ingest", "httpapi/ingest/*"}},
	{"httpapi", []string{"engine", "httpapi/*"}},
	{"bench", []string{"engine", "index"}},
	{"", []string{"*"}},
}

// testsMay says what tests may import beyond their room's line: like main, a test is a place where rooms meet.
var testsMay = []string{"engine", "index", "engine/enginetest", "httpapi/ingest/record/recordtest"}

// topLevel is closed: what else the project grows has its place inside a room.
var topLevel = []string{"main.go", "engine", "index", "httpapi", "bench", "go.mod", "go.sum", "README.md", "LICENSE", ".ci", ".gitignore", ".git"}

func matchesRoom(pattern, pkg string) bool {
	below, star := strings.CutSuffix(pattern, "*")
	return pattern == pkg || star && pkg != "" && strings.HasPrefix(pkg, below)
}

func mayImport(room, pkg string, test bool) (known, ok bool) {
	for _, r := range rooms {
		if !matchesRoom(r.room, room) {
			continue
		}
		allowed := r.may
		if test {
			allowed = append(slices.Clone(allowed), append(testsMay, room)...)
		}
		return true, slices.ContainsFunc(allowed, func(pattern string) bool { return matchesRoom(pattern, pkg) })
	}
	return false, false
}

func TestImportTable(t *testing.T) {
	const root = ".."
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		files++
		return checkImports(t, root, name)
	})
	if err != nil || files < 20 {
		t.Fatalf("read %d files: %v", files, err)
	}
}

func checkImports(t *testing.T, root, name string) error {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	room := strings.TrimPrefix(path.Dir(rel), ".")
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	if known, _ := mayImport(room, "", false); !known {
		t.Errorf("%s: the room %q has no line in the import table", rel, room)
	}
	for _, spec := range f.Imports {
		full, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		pkg, own := strings.CutPrefix(full, "annals/")
		if !own {
			continue
		}
		if _, ok := mayImport(room, pkg, strings.HasSuffix(rel, "_test.go")); !ok {
			t.Errorf("%s: room %q may not import %q", rel, room, pkg)
		}
	}
	return nil
}

func TestTopLevelIsClosed(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	ignore, err := os.ReadFile("../.gitignore")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	ignored := strings.Fields(string(ignore))
	for i, name := range ignored {
		ignored[i] = strings.Trim(name, "/")
	}
	for _, e := range entries {
		local := slices.ContainsFunc(ignored, func(pattern string) bool { ok, _ := path.Match(pattern, e.Name()); return ok })
		if !local && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s: the top level is closed", e.Name())
		}
	}
}
