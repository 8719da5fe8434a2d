package console

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"annals/engine"
)

// tree is a JSON value for a page that folds it. A large one is cut, so that no event makes a page of megabytes.
type tree struct {
	Root   *node
	Shown  int // values in it
	Hidden int // values that were left out
	bytes  int // of text
}

// Bounds of what is shown of a tree.
const (
	maxTreeValues = 500
	maxTreeBytes  = 64 << 10
	maxTreeDepth  = 24
	maxLeafBytes  = 2000 // of one value
	foldedItems   = 20   // a longer list is folded at first
)

// node is one value of a tree.
type node struct {
	Name  string // of the member, or "" in an array and at the root
	Path  string // as a query's details field has it: without places in arrays
	Kind  byte   // of the JSON value: '{' '[' '"' '0' 't' 'f' 'n'
	Text  string // of a value that is no object or array
	Long  bool   // the text goes on
	Depth int
	Items []*node
	All   int // items, with those that were left out
}

// readTree reads an object. Nil for none; what is not JSON cannot come out of the log.
func readTree(v jsontext.Value) *tree {
	if len(v) == 0 {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(v), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	t := &tree{Root: &node{}}
	if err := t.read(d, t.Root); err != nil {
		return nil
	}
	return t
}

func (t *tree) read(d *jsontext.Decoder, n *node) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	n.Kind = byte(tok.Kind())
	if n.Leaf() {
		n.Text = strings.ToValidUTF8(tok.String(), "\ufffd")
		if len(n.Text) > maxLeafBytes {
			n.Text, n.Long = cutText(n.Text, maxLeafBytes), true
		}
		t.bytes += len(n.Text)
		return nil
	}
	for d.PeekKind() != '}' && d.PeekKind() != ']' {
		item := &node{Path: n.Path, Depth: n.Depth + 1}
		if n.Kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return err
			}
			item.Name = strings.ToValidUTF8(name.String(), "\ufffd")
			item.Path = n.under(item.Name)
			item.Name = cutText(item.Name, maxLeafBytes)
			t.bytes += len(item.Name)
		}
		n.All++
		if t.full() || item.Depth > maxTreeDepth {
			t.Hidden++
			if err := d.SkipValue(); err != nil {
				return err
			}
			continue
		}
		t.Shown++
		n.Items = append(n.Items, item)
		if err := t.read(d, item); err != nil {
			return err
		}
	}
	_, err = d.ReadToken()
	return err
}

// under is the path of a member. What is beyond the log's own cut of a path is not needed, so a hostile name costs nothing.
func (n *node) under(name string) string {
	name = cutText(name, 4*engine.MaxTermValue)
	switch {
	case n.Depth == 0:
		return name
	case len(n.Path) > 4*engine.MaxTermValue:
		return n.Path
	}
	return n.Path + "." + name
}

func (t *tree) full() bool { return t.Shown >= maxTreeValues || t.bytes >= maxTreeBytes }

// cutText returns at most n bytes of s, whole characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Leaf reports whether the value has none inside.
func (n *node) Leaf() bool { return n.Kind != '{' && n.Kind != '[' }

// Open reports whether the value is unfolded at first.
func (n *node) Open() bool { return n.All <= foldedItems && n.Depth <= 4 }

// Field is the query's field for the value; "" when there is none.
func (n *node) Field() string {
	if n.Path == "" {
		return ""
	}
	return canonical(detailsPrefix + n.Path)
}

// KindName is the kind in a word, for the style sheet.
func (n *node) KindName() string {
	switch n.Kind {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case '0':
		return "number"
	}
	return "word"
}

// indent writes JSON for reading.
func indent(v []byte) string {
	value := jsontext.Value(bytes.Clone(v))
	if err := value.Indent(jsontext.WithIndent("  ")); err != nil {
		return string(v)
	}
	return string(value)
}
