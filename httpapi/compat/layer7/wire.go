package layer7

import (
	"strings"

	"annals/engine"
)

// audit is an entry as the portal's clients read it. Its parameters' names are the portal's own; uuid, timestamp and the rest are ours, as
// the vendor publishes no others.
type audit struct {
	UUID            string `json:"uuid"`
	Timestamp       int64  `json:"timestamp"` // Unix milliseconds
	TenantID        string `json:"tenantId"`
	EntityType      string `json:"entityType"`
	EntityUUID      string `json:"entityUuid"`
	EntityName      string `json:"entityName"`
	Action          string `json:"action"`
	UserName        string `json:"userName"`
	UserAgent       string `json:"userAgent"`
	SimplifiedAgent string `json:"simplifiedAgent"`
}

// shower shows events as entries. Of several resources it shows the one that was asked for.
type shower struct {
	asked  filter
	agents map[string]string // simplified: few programs make many events
}

// maxAgents is how many user agents are kept at a time.
const maxAgents = 256

func newShower(asked filter) *shower { return &shower{asked, map[string]string{}} }

func (s *shower) show(e *engine.Event) audit {
	entity := s.asked.entityOf(e)
	return audit{UUID: e.ID, Timestamp: e.Time.UnixMilli(), TenantID: e.Tenant, EntityType: entityType(entity.Type), EntityUUID: entity.ID,
		EntityName: entityName(entity), Action: actionOf(e), UserName: userName(e), UserAgent: e.Source.UserAgent, SimplifiedAgent: s.agent(e.Source.UserAgent)}
}

func (s *shower) agent(ua string) string {
	short, known := s.agents[ua]
	if known {
		return short
	}
	if len(ua) > maxAgentBytes { // no program's
		return simplifiedAgent(ua)
	}
	if len(s.agents) == maxAgents {
		clear(s.agents)
	}
	short = simplifiedAgent(ua)
	s.agents[strings.Clone(ua)] = strings.Clone(short) // the event's text is not kept with it
	return short
}

// page is the envelope of every list of the Portal API, as its vendor's clients read it: results, totalElements, totalPages and currentPage. The
// others are there besides.
type page struct {
	Results       []audit `json:"results"`
	TotalElements uint64  `json:"totalElements"`
	TotalPages    uint64  `json:"totalPages"`
	CurrentPage   int64   `json:"currentPage"` // from 0
	PageSize      int     `json:"pageSize"`
	SortField     string  `json:"sortField"`
	SortDirection string  `json:"sortDirection"`
}

// errorReply is an error as the vendor's pages look for one: what a person is told, and which parameters are wrong.
type errorReply struct {
	UserErrorMessage string                `json:"userErrorMessage"`
	DevErrorMessage  string                `json:"devErrorMessage,omitempty"`
	ValidationErrors map[string]fieldError `json:"validationErrors,omitempty"`
}

type fieldError struct {
	Error string `json:"error"`
}

// applicationReply is the key that a tenant's users sign in with.
type applicationReply struct {
	APIKey string `json:"apikey"`
	Scope  string `json:"scope"`
}

// respReply is an error of the portal's calls for signing in. The code is the status.
type respReply struct {
	Code    int    `json:"respCode"`
	Message string `json:"respMsg"`
}

// loginFailure is an error of one that is an OAuth endpoint as well.
type loginFailure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	respReply
}

// linkReply is where a file is to be had.
type linkReply struct {
	DownloadLink string `json:"downloadLink"`
}
