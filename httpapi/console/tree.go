package console

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// node is one value of a JSON tree, for a page that folds it.
type node struct {
	Name  string // of the member, or "" in an array and at the root
	Path  string // as a query's details field has it: without places in arrays
	Kind  byte   // of the JSON value: '{' '[' '"' '0' 't' 'f' 'n'
	Text  string // of a value that is no object or array
	Items []*node
}

// readTree reads an object. Nil for none; what is not JSON cannot come out of the log.
func readTree(v jsontext.Value) *node {
	if len(v) == 0 {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(v), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	root := &node{}
	if err := root.read(d); err != nil {
		return nil
	}
	return root
}

func (n *node) read(d *jsontext.Decoder) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	n.Kind = byte(tok.Kind())
	switch n.Kind {
	case '{', '[':
		for d.PeekKind() != '}' && d.PeekKind() != ']' {
			item := &node{Path: n.Path}
			if n.Kind == '{' {
				name, err := d.ReadToken()
				if err != nil {
					return err
				}
				item.Name = name.String()
				item.Path = strings.TrimPrefix(n.Path+"."+item.Name, ".")
			}
			if err := item.read(d); err != nil {
				return err
			}
			n.Items = append(n.Items, item)
		}
		_, err = d.ReadToken()
		return err
	}
	n.Text = tok.String()
	return nil
}

// Leaf reports whether the value has none inside.
func (n *node) Leaf() bool { return n.Kind != '{' && n.Kind != '[' }

// Field is the query's field for the value.
func (n *node) Field() string { return "details." + n.Path }

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
