package layer7

import (
	"net/http"
	"strings"
	"time"

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

// link answers with where the export is to be had for some minutes, without an access token. What lets in is in the query string: paths stand in
// logs.
func (h *Handler) link(w http.ResponseWriter, r *http.Request, by client) error {
	path := r.URL.EscapedPath() + downloadPath
	pass := by.credential.MakePass(linkTo(path, r.URL.RawQuery), h.now().Add(linkLifetime))
	scheme := "http://"
	if reply.Secure(r.Context()) {
		scheme = "https://"
	}
	return reply.JSON(w, http.StatusOK, linkReply{scheme + r.Host + path + "?" + linkParameter + pass + "&" + r.URL.RawQuery})
}

const (
	downloadPath  = "/download" // behind the export's
	linkParameter = "link="     // the first of a link, before those of the export
)

// linkTo is what a link is good for: one export, with just these parameters.
func linkTo(path, query string) string { return "layer7 export " + path + "?" + query }

// download answers GET …/audits/export/download as the export that the link was made for.
func (h *Handler) download(w http.ResponseWriter, r *http.Request) error {
	text, query, _ := strings.Cut(r.URL.RawQuery, "&")
	link, _ := strings.CutPrefix(text, linkParameter)
	by, err := h.open(r, "link", linkTo(r.URL.EscapedPath(), query), link)
	if err != nil {
		return err
	}
	return h.send(w, r, by.Caller)
}
