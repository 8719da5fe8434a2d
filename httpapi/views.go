package httpapi

import (
	"net/http"

	"github.com/gorilla/mux"

	"annals/httpapi/auth"
	"annals/httpapi/console"
	"annals/httpapi/reply"
)

type viewsReply struct {
	Views []console.SavedView `json:"views"`
}

// listViews answers GET /api/v1/views.
func (a *API) listViews(w http.ResponseWriter, r *http.Request) error {
	views, err := a.console.Saved().List(auth.From(r.Context()))
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, viewsReply{views})
}

// postView answers POST /api/v1/views.
func (a *API) postView(w http.ResponseWriter, r *http.Request) error {
	var wish console.ViewWish
	if err := readJSONUpTo(w, r, maxFormBytes, "the view", &wish); err != nil {
		return err
	}
	view, err := a.console.Saved().Make(auth.From(r.Context()), wish)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusCreated, view)
}

// patchView answers PATCH /api/v1/views/{id}.
func (a *API) patchView(w http.ResponseWriter, r *http.Request) error {
	var change console.ViewChange
	if err := readJSONUpTo(w, r, maxFormBytes, "the change", &change); err != nil {
		return err
	}
	view, err := a.console.Saved().Change(auth.From(r.Context()), mux.Vars(r)["id"], change)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, view)
}

// deleteView answers DELETE /api/v1/views/{id}.
func (a *API) deleteView(w http.ResponseWriter, r *http.Request) error {
	if err := a.console.Saved().Remove(auth.From(r.Context()), mux.Vars(r)["id"]); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
