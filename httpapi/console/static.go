package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
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
	for _, e := range entries {
		body, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		hashed := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:8]) + ext
		a.files[hashed] = asset{mime.TypeByExtension(ext), body}
		a.names[e.Name()] = hashed
	}
	return a
}

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
