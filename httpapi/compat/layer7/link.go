package layer7

import (
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"annals/httpapi/reply"
)

// linkLifetime is how long a link to an export is good.
const linkLifetime = 5 * time.Minute

// onlyJSON reports whether a client wants an answer in JSON, and would not take a zip.
func onlyJSON(r *http.Request) bool {
	wanted := false
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		media, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(media)) {
		case "application/json":
			wanted = true
		case "*/*", "application/*", "application/zip", "application/octet-stream":
			return false
		}
	}
	return wanted
}

// link answers with where the export is to be had for some minutes, without an access token.
func (h *Handler) link(w http.ResponseWriter, r *http.Request, by client) error {
	path := r.URL.EscapedPath()
	pass := by.credential.MakePass(linkTo(path, r.URL.RawQuery), h.now().Add(linkLifetime))
	scheme := "http://"
	if reply.Secure(r.Context()) {
		scheme = "https://"
	}
	return reply.JSON(w, http.StatusOK, linkReply{scheme + r.Host + path + "/" + pass + "?" + r.URL.RawQuery})
}

// linkTo is what a link is good for: one export, with just these parameters.
func linkTo(path, query string) string { return "layer7 export " + path + "?" + query }

// download answers GET …/audits/export/{link} as the export that the link was made for.
func (h *Handler) download(w http.ResponseWriter, r *http.Request) error {
	path, link := r.URL.EscapedPath(), mux.Vars(r)["link"]
	by, err := h.open(r, "link", linkTo(strings.TrimSuffix(path, "/"+link), r.URL.RawQuery), link)
	if err != nil {
		return err
	}
	return h.send(w, r, by.Caller)
}
