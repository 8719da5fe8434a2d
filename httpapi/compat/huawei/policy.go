package huawei

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
	"annals/httpapi/auth"
	"annals/httpapi/reply"
)

// policyKind is the kind of the records that hold auditing policies, one for each instance that has been given one: key is
// instance.record, value a policy as JSON.
const policyKind = "huawei-auditlog-policy"

// maxKeepDays is the most days that files are kept: the vendor's "Setting SQL Audit".
const maxKeepDays = 732

// policy is an instance's auditing policy. It is about what is listed: nothing in the log is deleted by it, and nothing goes unrecorded.
type policy struct {
	KeepDays int       `json:"keep_days"`        // 0: auditing is off
	Types    []string  `json:"audit_types"`      // kept for who asks
	Reserve  bool      `json:"reserve"`          // when auditing is off: what was there before stays
	Changed  time.Time `json:"changed,omitzero"` // when auditing is off: since when. Zero: there has been no policy yet
}

// record is the key of the instance's policy. No tenant has a zero byte, and the log finds an instance without regard to case.
func (i instance) record() string { return i.tenant + "\x00" + engine.FoldValue(i.id) }

// policy returns the instance's; one that was never given any has all files.
func (h *Handler) policy(i instance) (p policy, err error) {
	value, err := h.log.Records().Get(policyKind, i.record())
	if errors.Is(err, engine.ErrNotFound) {
		return policy{KeepDays: maxKeepDays, Types: []string{}, Reserve: true}, nil
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(value, &p); err != nil {
		return p, fmt.Errorf("read auditing policy: %w", err)
	}
	return p, nil
}

// within narrows half hours to those that are over and that the policy lists.
func (p policy) within(from, to half, now time.Time) (half, half) {
	from, to = max(from, 0), min(to, sealedBefore(now))
	switch {
	case p.KeepDays > 0 && !p.Changed.IsZero():
		from = max(from, halfOf(now.AddDate(0, 0, -p.KeepDays)))
	case p.KeepDays == 0 && p.Reserve:
		to = min(to, halfOf(p.Changed)+1)
	case p.KeepDays == 0:
		to = from
	}
	return from, max(from, to)
}

// mustExist refuses an instance that nothing is known of.
func (h *Handler) mustExist(ctx context.Context, i instance, p policy) error {
	if !p.Changed.IsZero() {
		return nil
	}
	q := i.query()
	q.Limit = 1
	found, err := h.log.Search(ctx, q)
	if err == nil && found.Total == 0 {
		return noInstance()
	}
	return err
}

// showPolicy answers GET …/auditlog-policy.
func (h *Handler) showPolicy(w http.ResponseWriter, r *request) error {
	who, err := h.caller(r, auth.Read)
	if err != nil {
		return err
	}
	i, p, err := h.policyOf(r, who)
	reply.Tell(r.Context(), reply.Asked{Action: "auditlog_policy.view", Query: i.told(), Thing: i.policyThing(), Failure: failureOf(err)})
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, policyReply{KeepDays: p.KeepDays, Types: p.Types, All: allTypes})
}

// policyOf returns the policy of the instance in the request's path, which must exist.
func (h *Handler) policyOf(r *request, who client) (i instance, p policy, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), h.deadline)
	defer cancel()
	if i, err = h.instance(r, who); err != nil {
		return i, p, err
	}
	if p, err = h.policy(i); err != nil {
		return i, p, err
	}
	return i, p, h.mustExist(ctx, i, p)
}

func (i instance) policyThing() engine.Resource {
	if i == (instance{}) { // refused before it was read
		return engine.Resource{}
	}
	return engine.Resource{Type: "auditlog policy", ID: i.id, Name: i.tenant}
}

// changePolicy answers PUT …/auditlog-policy. The policy is on disk when the client hears of it.
func (h *Handler) changePolicy(w http.ResponseWriter, r *request) error {
	who, err := h.caller(r, auth.Manage)
	if err != nil {
		return err
	}
	told := reply.Asked{Action: "auditlog_policy.change", Operation: engine.OpEdit}
	i, before, err := h.policyOf(r, who)
	told.Query, told.Thing = i.told(), i.policyThing()
	if err == nil {
		err = h.setPolicy(i, before, r.body, &told)
	}
	told.Failure = failureOf(err)
	reply.Tell(r.Context(), told)
	if err != nil {
		return err
	}
	return reply.JSON(w, http.StatusOK, policyChanged{"COMPLETED"})
}

func (h *Handler) setPolicy(i instance, before policy, body []byte, told *reply.Asked) error {
	var asked policyRequest
	if err := json.Unmarshal(body, &asked); err != nil {
		return wrongParameter("The request body is invalid.")
	}
	if asked.KeepDays == nil {
		return wrongParameter("keep_days is required.")
	}
	if *asked.KeepDays < 0 || *asked.KeepDays > maxKeepDays {
		return &refusal{http.StatusBadRequest, codeKeepDays, fmt.Sprintf("Invalid backup retention days. keep_days must be from 0 to %d.", maxKeepDays)}
	}
	p := policy{KeepDays: *asked.KeepDays, Types: slices.Concat([]string{}, asked.Types), Reserve: asked.Reserve == nil || *asked.Reserve, Changed: h.now().UTC()}
	if p.KeepDays == 0 && before.KeepDays == 0 {
		p.Changed = before.Changed // it is off since then: to say so again shows nothing that came in between
	}
	if len(p.Types) > len(typeNames) {
		return outOfRange("audit_types has more than %d types.", len(typeNames))
	}
	for _, name := range p.Types {
		if !slices.Contains(typeNames, name) {
			return wrongParameter("audit_types has a type that is not in all_audit_log_action.")
		}
	}
	told.Query += fmt.Sprintf(", keep_days=%d reserve_auditlogs=%t audit_types=%s", p.KeepDays, p.Reserve, strings.Join(p.Types, ","))
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return h.log.Records().Put(policyKind, i.record(), value)
}
