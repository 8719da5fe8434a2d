package httpapi

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"annals/httpapi/reply"
)

//go:embed home.html
var homeText string

var homePage = template.Must(template.New("home").Parse(homeText))

// home answers GET / with what is here.
func (a *API) home(w http.ResponseWriter, _ *http.Request) error {
	var page bytes.Buffer
	if err := homePage.Execute(&page, a.version); err != nil {
		return err
	}
	reply.Body(w, http.StatusOK, "text/html; charset=utf-8", page.Bytes())
	return nil
}
