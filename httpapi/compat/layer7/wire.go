package layer7

import (
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

// auditOf is an event as an entry. Of several resources it shows the one that was asked for.
func auditOf(e *engine.Event, asked filter) audit {
	entity := asked.entityOf(e)
	return audit{UUID: e.ID, Timestamp: e.Time.UnixMilli(), TenantID: e.Tenant, EntityType: entityType(entity.Type), EntityUUID: entity.ID,
		EntityName: entityName(entity), Action: actionOf(e), UserName: userName(e), UserAgent: e.Source.UserAgent,
		SimplifiedAgent: simplifiedAgent(e.Source.UserAgent)}
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

// linkReply is where a file is to be had.
type linkReply struct {
	DownloadLink string `json:"downloadLink"`
}
