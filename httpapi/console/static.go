package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"

	"github.com/gorilla/mux"

	"annals/httpapi/reply"
)

//go:embed static
var staticFiles embed.FS

// asset is a file of static/, served under a name that has its hash, so that browsers may keep it for ever.
type asset struct {
	contentType string
	body        []byte
}

// assets are by hashed name and by plain name.
type assets struct {
	files map[string]asset
	names map[string]string // app.js → app.3f2a….js
}

func loadAssets() assets {
	a := assets{files: map[string]asset{}, names: map[string]string{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err)
	}
	var styles []byte
	for _, e := range entries {
		body, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		if path.Ext(e.Name()) == ".css" {
			styles = append(styles, body...)
			continue
		}
		a.add(e.Name(), body)
	}
	a.add(styleSheet, styles)
	return a
}

// styleSheet is the name of all style sheets as one.
const styleSheet = "console.css"

func (a assets) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:8]) + ext
	a.files[hashed] = asset{contentTypes[ext], body}
	a.names[name] = hashed
}

// contentTypes are named here, since the system's tables differ.
var contentTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// path returns where a page finds the file.
func (a assets) path(name string) string {
	hashed, ok := a.names[name]
	if !ok {
		panic("console: no static file " + name)
	}
	return "/static/" + hashed
}

// static answers GET /static/{file}.
func (c *Console) static(w http.ResponseWriter, r *http.Request) error {
	f, ok := c.assets.files[mux.Vars(r)["file"]]
	if !ok {
		return reply.NotFound("no such file")
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	reply.Body(w, http.StatusOK, f.contentType, f.body)
	return nil
}
