package huawei

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// instanceFilter is what a list of instances is narrowed by. A text that begins with * matches as a part, else it matches as a whole.
type instanceFilter struct {
	id, name      string
	none          bool // what is asked for, no instance here is
	offset, limit int
}

func instanceFilterOf(p parameters) (f instanceFilter, err error) {
	text := func(name string) (value string) {
		if err == nil {
			value, err = p.text(name)
		}
		return value
	}
	f.id, f.name = text("id"), text("name")
	for name, only := range map[string]string{"type": "Single", "datastore_type": "MySQL", "vpc_id": "", "subnet_id": "", "tags": "", "eps_id": "", "group_type": ""} {
		value := text(name)
		f.none = f.none || value != "" && value != only
	}
	if err != nil {
		return f, err
	}
	if f.id == "*" || f.name == "*" {
		return f, wrongParameter("* alone is no text to look for.")
	}
	if f.offset, err = p.number("offset", 0, 0, 1<<31-1); err != nil {
		return f, err
	}
	f.limit, err = p.number("limit", 100, 1, 100)
	return f, err
}

func matches(pattern, text string) bool {
	part, some := strings.CutPrefix(pattern, "*")
	return pattern == "" || pattern == text || some && strings.Contains(text, part)
}

// listInstances answers GET /v3/{project_id}/instances: the projects of the tenant's events, as databases.
func (h *Handler) listInstances(w http.ResponseWriter, r *request) error {
	who, err := h.caller(r, auth.Read)
	if err != nil {
		return err
	}
	told := reply.Asked{Action: "event.search"}
	out, err := h.instancesOf(r, who, &told)
	told.Failure = failureOf(err)
	reply.Tell(r.Context(), told)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, out)
}

func (h *Handler) instancesOf(r *request, who client, told *reply.Asked) (*instancesReply, error) {
	tenant, err := h.project(r, who)
	if err != nil {
		return nil, err
	}
	told.Query = engine.FormatQuery(fieldIs("tenant", tenant))
	out := &instancesReply{Instances: []instanceReply{}}
	f, err := instanceFilterOf(r.params)
	if err != nil || f.none {
		return out, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	return out, h.instances(ctx, tenant, f, out)
}

// instances finds a page. The log knows projects by their names, so that one that was renamed is found more than once: its newest name counts.
func (h *Handler) instances(ctx context.Context, tenant string, f instanceFilter, out *instancesReply) error {
	names, err := h.projectNames(ctx, tenant, f)
	if err != nil {
		return err
	}
	newest := map[string]described{} // by ID
	for name, events := range names {
		d, err := h.describe(ctx, instance{tenant, name}, events)
		if err != nil {
			return err
		}
		if d.ID != "" && !d.updated.Before(newest[d.ID].updated) && matches(f.id, d.ID) {
			newest[d.ID] = d
		}
	}
	maps.DeleteFunc(newest, func(_ string, d described) bool { return !matches(f.name, d.Name) })
	out.Total = len(newest)
	ids := slices.Sorted(maps.Keys(newest))
	first := min(f.offset, len(ids))
	for _, id := range ids[first:min(first+f.limit, len(ids))] {
		out.Instances = append(out.Instances, newest[id].reply())
	}
	return nil
}

// projectNames are the names of the tenant's projects, or where they have none their IDs, with the number of their events; for one ID, that one.
func (h *Handler) projectNames(ctx context.Context, tenant string, f instanceFilter) (map[string]uint64, error) {
	q := engine.Query{Tenants: engine.Tenants{Names: []string{tenant}}}
	names := map[string]uint64{}
	if f.id != "" && f.id[0] != '*' {
		q = instance{tenant, f.id}.query()
		q.Limit = 1
		found, err := h.log.Search(ctx, q)
		if err == nil {
			names[f.id] = found.Total
		}
		return names, err
	}
	for {
		facets, _, err := h.log.Facets(ctx, q, []string{"project"}, engine.MaxFacetValues)
		if err != nil {
			return nil, err
		}
		known := engine.Field{Name: "project"}
		for _, v := range facets["project"] {
			known.Values = append(known.Values, engine.Value{Text: v.Value, Quoted: true})
			names[v.Value] = v.Count
		}
		if len(known.Values) < engine.MaxFacetValues {
			return names, nil
		}
		others := engine.Expr(engine.Not{Part: known})
		if q.Where != nil {
			others = engine.And{Parts: []engine.Expr{q.Where, others}}
		}
		q.Where = others
	}
}

// described is what an instance is called, by its newest event.
type described struct {
	engine.Ref
	updated time.Time
}

type describedKey struct {
	instance
	events uint64
}

// keptInstances is how many instances' descriptions are kept in memory, until there are more events of them.
const keptInstances = 10_000

// describe describes an instance that has so many events. One that nothing is known of has no ID.
func (h *Handler) describe(ctx context.Context, i instance, events uint64) (d described, err error) {
	if events == 0 {
		p, err := h.policy(i)
		if err != nil || p.Changed.IsZero() {
			return d, err
		}
		return described{engine.Ref{ID: i.id, Name: i.id}, p.Changed}, nil
	}
	key := describedKey{i, events}
	if d, ok := h.described.Get(key); ok {
		return d, nil
	}
	q := i.query()
	q.Limit, q.Desc = 1, true
	found, err := h.log.Search(ctx, q)
	if err != nil || len(found.Events) == 0 {
		return d, err
	}
	e := found.Events[0]
	d = described{engine.Ref{ID: cmp.Or(e.Project.ID, e.Project.Name), Name: cmp.Or(e.Project.Name, e.Project.ID)}, e.Time}
	h.described.Add(key, d)
	return d, nil
}

// reply is the instance as a database that is there. Nobody connects to it: what events do not say is what any might have.
func (d described) reply() instanceReply {
	return instanceReply{ID: d.ID, Name: d.Name, Status: "ACTIVE", Type: "Single", Datastore: datastore{"MySQL", "8.0"}, Updated: d.updated.UTC().Format(timeLayout),
		Port: 3306, PrivateIPs: []string{}, PublicIPs: []string{}, DBUserName: "root", TimeZone: "UTC", Volume: volume{Type: "CLOUDSSD"}, Charge: charge{"postPaid"},
		Nodes: []empty{}, Related: []empty{}, Tags: []empty{}}
}
