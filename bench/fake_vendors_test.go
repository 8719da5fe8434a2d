package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// others answers the clients of Layer7, EnOS and Huawei, who take a token first.
func (p *plainServer) others(routes *http.ServeMux) {
	token := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Subject-Token", "t")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	routes.HandleFunc("POST /auth/oauth/v2/token", token(200, `{"access_token":"t"}`))
	routes.HandleFunc("POST /apim-token-service/v2.0/token/get", token(200, `{"data":{"accessToken":"t"}}`))
	routes.HandleFunc("POST /v3/auth/tokens", token(201, `{}`))
	routes.HandleFunc("GET /default/tenant-admin/1.0/audits", p.answer(p.layer7))
	routes.HandleFunc("POST /app-portal-service/v2.2/log/query", p.answer(p.enos))
	routes.HandleFunc("GET /v3/default/instances/{instance}/auditlog", p.answer(p.huawei))
}

func (p *plainServer) layer7(r *http.Request) map[string]any {
	user, results, total := r.URL.Query().Get("userName"), []map[string]any{}, 0
	for _, e := range p.ask("") {
		if user != "" && e.Actor.Name != user {
			continue
		}
		if total++; total <= 10 {
			results = append(results, map[string]any{"uuid": e.ID})
		}
	}
	return map[string]any{"totalElements": total, "results": results}
}

func (p *plainServer) enos(r *http.Request) map[string]any {
	var asked struct{ StartTime, EndTime int64 }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Header.Get("apim-accesstoken") != "t" {
		panic(fmt.Sprint("asked wrongly: ", err))
	}
	total := 0
	for _, e := range p.all {
		total += oneIf(e.Time.UnixMilli() >= asked.StartTime && e.Time.UnixMilli() <= asked.EndTime)
	}
	return map[string]any{"data": map[string]any{"pagination": map[string]any{"totalElements": total}}}
}

func (p *plainServer) huawei(r *http.Request) map[string]any {
	instance, err := url.PathUnescape(r.PathValue("instance"))
	from, errFrom := time.Parse("2006-01-02T15:04:05-0700", r.URL.Query().Get("start_time"))
	to, errTo := time.Parse("2006-01-02T15:04:05-0700", r.URL.Query().Get("end_time"))
	if err != nil || errFrom != nil || errTo != nil || r.Header.Get("X-Auth-Token") != "t" {
		panic(fmt.Sprint("asked wrongly: ", r.URL))
	}
	halves := map[int64]bool{}
	for _, e := range p.all {
		if e.Project.ID == instance && !e.Time.Before(from) && e.Time.Before(to) {
			halves[e.Time.Unix()/1800] = true
		}
	}
	return map[string]any{"total_record": len(halves)}
}
