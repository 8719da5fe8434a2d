package httpapi

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"annals/httpapi/auth"
)

// TestContractCoversRoutes holds the route table and openapi.json against each other, both ways.
func TestContractCoversRoutes(t *testing.T) {
	doc := loadContract(t).doc
	described := map[string]map[string]any{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			described[strings.ToUpper(method)+" "+path] = op.(map[string]any)
		}
	}
	for _, rt := range new(API).tableOnly() {
		if rt.query == anyQuery {
			continue // a page, which is no part of the API
		}
		name := rt.method + " " + rt.path
		op, ok := described[name]
		if !ok {
			t.Errorf("%s is not in openapi.json", name)
			continue
		}
		delete(described, name)
		if got, want := queryNames(doc, op), strings.Fields(strings.TrimSuffix(rt.query, andOthers)); !sameNames(got, want) {
			t.Errorf("%s: openapi.json has the parameters %v, the route %v", name, got, want)
		}
		security, own := op["security"].([]any)
		if open := own && len(security) == 0; open != (rt.need == auth.None) {
			t.Errorf("%s: openapi.json says open: %v", name, open)
		}
	}
	for name := range described {
		t.Errorf("%s is in openapi.json, but there is no such route", name)
	}
}

// tableOnly is the route table of an API that serves nothing.
func (a *API) tableOnly() []route {
	a.metrics = newMetrics(nil)
	return a.routes()
}

func sameNames(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func queryNames(doc, op map[string]any) (names []string) {
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		param := p.(map[string]any)
		if ref, ok := param["$ref"].(string); ok {
			param = lookup(doc, strings.TrimPrefix(ref, "#")).(map[string]any)
		}
		if param["in"] == "query" {
			names = append(names, param["name"].(string))
		}
	}
	return names
}

// TestContractExamples: examples that do not fit their own schema would mislead.
func TestContractExamples(t *testing.T) {
	c := loadContract(t)
	n := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if example, ok := v["example"]; ok && v["schema"] != nil {
				n++
				if err := c.validate(at+"/schema", example); err != nil {
					t.Errorf("%s: example: %v", at, err)
				}
			}
			for k, x := range v {
				walk(at+"/"+pointerToken(k), x)
			}
		case []any:
			for i, x := range v {
				walk(at+"/"+strconv.Itoa(i), x)
			}
		}
	}
	walk("", c.doc)
	if n < 20 {
		t.Errorf("only %d examples", n)
	}
}

// contract is openapi.json with its schemas compiled.
type contract struct {
	doc      map[string]any
	mu       sync.Mutex // guards compiler
	compiler *jsonschema.Compiler
}

var loadedContract = sync.OnceValues(func() (*contract, error) { return readContract(openAPIDocument) })

func readContract(document []byte) (*contract, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler() // OpenAPI 3.1 schemas are JSON Schema 2020-12, its default
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", doc); err != nil {
		return nil, err
	}
	return &contract{doc: doc.(map[string]any), compiler: compiler}, nil
}

func loadContract(t *testing.T) *contract {
	t.Helper()
	c, err := loadedContract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// loadedVendors are the vendors' documents.
var loadedVendors = sync.OnceValues(func() (all []*contract, err error) {
	for _, v := range new(API).newVendors() {
		c, err := readContract(v.openAPI)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.kind, err)
		}
		all = append(all, c)
	}
	return all, nil
})

// TestVendorContracts holds the vendors' routes and their documents against each other, both ways.
func TestVendorContracts(t *testing.T) {
	docs, err := loadedVendors()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range new(API).newVendors() {
		described := map[string]bool{}
		for path, item := range docs[i].doc["paths"].(map[string]any) {
			for method := range item.(map[string]any) {
				described[strings.ToUpper(method)+" "+path] = true
			}
		}
		for _, rt := range v.routes {
			name := rt.Method + " " + rt.Path
			if !described[name] {
				t.Errorf("%s: %s is not in the document", v.kind, name)
			}
			delete(described, name)
		}
		for name := range described {
			t.Errorf("%s: %s is in the document, but there is no such route", v.kind, name)
		}
	}
}

// checkAnswer holds an answer against the document that it is in.
func checkAnswer(r *http.Request, resp *http.Response, body []byte) error {
	docs, err := loadedVendors()
	if err != nil {
		return err
	}
	for _, c := range docs {
		if _, ok := c.operation(r); ok {
			return c.check(r, resp, body)
		}
	}
	c, err := loadedContract()
	if err != nil {
		return err
	}
	return c.check(r, resp, body)
}

// check holds an answer against the document: status, media type, headers and body. The console's pages are not in it.
func (c *contract) check(r *http.Request, resp *http.Response, body []byte) error {
	at, ok := c.operation(r)
	if !ok && !strings.HasPrefix(r.URL.Path, "/api/") && resp.Header.Get("Content-Type") != "application/problem+json" {
		return nil
	}
	if !ok { // no such path or method: every client gets the same problem document
		return c.validateBody("/components/responses/NotFound/content/application~1problem+json/schema", "application/problem+json", body)
	}
	at += "/responses/" + strconv.Itoa(resp.StatusCode)
	described, ok := lookup(c.doc, at).(map[string]any)
	if !ok {
		return fmt.Errorf("status %d is not described", resp.StatusCode)
	}
	if ref, ok := described["$ref"].(string); ok {
		at = strings.TrimPrefix(ref, "#")
		described = lookup(c.doc, at).(map[string]any)
	}
	headers, _ := described["headers"].(map[string]any)
	for name := range headers {
		if resp.Header.Get(name) == "" && resp.Trailer.Get(name) == "" {
			return fmt.Errorf("header %s is missing", name)
		}
	}
	if described["content"] == nil {
		if len(body) > 0 {
			return fmt.Errorf("there is a body")
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	at += "/content/" + pointerToken(media)
	if lookup(c.doc, at) == nil {
		return fmt.Errorf("media type %s is not described", media)
	}
	return c.validateBody(at+"/schema", media, body)
}

// operation finds the pointer to what the document says of a request.
func (c *contract) operation(r *http.Request) (at string, ok bool) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	for path := range c.doc["paths"].(map[string]any) {
		template := strings.Split(path, "/")
		same := func(a, b string) bool { return a == b || strings.HasPrefix(a, "{") && b != "" }
		if slices.EqualFunc(template, segments, same) && (!strings.Contains(path, "{") || lookup(c.doc, "/paths/"+pointerToken(r.URL.Path)) == nil) {
			at = "/paths/" + pointerToken(path) + "/" + strings.ToLower(r.Method)
			return at, lookup(c.doc, at) != nil
		}
	}
	return "", false
}

func (c *contract) validateBody(at, media string, body []byte) error {
	if !strings.HasSuffix(media, "json") || media == "application/x-ndjson" {
		return c.validate(at, string(body))
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return c.validate(at, v)
}

func (c *contract) validate(at string, v any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, err := c.compiler.Compile("openapi.json#" + (&url.URL{Path: at}).EscapedPath())
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// lookup follows a JSON pointer.
func lookup(v any, pointer string) any {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
	}
	return v
}

func pointerToken(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }
