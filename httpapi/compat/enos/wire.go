package enos

import "annals/engine"

// The shapes of the answers, as the documentation of the calls has them.

// gatewayReply is the envelope of the gateway's own calls. A sample of the vendor's spells status wrong; clients read it as it is here.
type gatewayReply struct {
	Status   int    `json:"status"` // 0: success
	Msg      string `json:"msg"`
	Business string `json:"business"`
	Data     any    `json:"data"`
}

const business = "apim-token-service"

func gatewayAnswer(data any, f *failure) any {
	if f == nil {
		return gatewayReply{0, "SUCCESS", business, data}
	}
	code := f.gateway
	if code == 0 {
		code = gatewayBadParam
	}
	return gatewayReply{code, f.message, business, nil}
}

// portalReply is the envelope of the portal's calls. What the gateway refuses has the gateway's members as well, so that a client finds the code
// whichever it looks for: how the vendor's gateway refuses a call is not documented.
type portalReply struct {
	Code     int    `json:"code"`
	Data     any    `json:"data"`
	Message  string `json:"message"`
	Status   int    `json:"status,omitzero"`
	Msg      string `json:"msg,omitzero"`
	Business string `json:"business,omitzero"`
}

func portalAnswer(data any, f *failure) any {
	switch {
	case f == nil:
		return portalReply{Code: 0, Data: data, Message: "OK"}
	case f.gateway == 0:
		return portalReply{Code: f.portal, Message: f.message}
	}
	return portalReply{Code: f.portal, Message: f.message, Status: f.gateway, Msg: f.message, Business: business}
}

// olderPortalAnswer is the envelope of the calls of version 2.0, whose success is 200.
func olderPortalAnswer(data any, f *failure) any {
	if f == nil {
		return portalReply{Code: 200, Data: data}
	}
	return portalAnswer(nil, f)
}

// pagination has the names of version 2.4.0's sample, total, limit and currentPage, and those of 3.0.0's table.
type pagination struct {
	Total         uint64 `json:"total"`
	Limit         int    `json:"limit"`
	CurrentPage   int    `json:"currentPage"` // from 0
	PageNo        int    `json:"pageNo"`
	PageSize      int    `json:"pageSize"`
	TotalElements uint64 `json:"totalElements"`
}

func paginationOf(q engine.Query, total uint64) pagination {
	number := q.Page - 1
	return pagination{Total: total, Limit: q.Limit, CurrentPage: number, PageNo: number, PageSize: q.Limit, TotalElements: total}
}

// auditPage is a page of the audit log.
type auditPage struct {
	Pagination pagination   `json:"pagination"`
	AuditLog   []auditEntry `json:"auditLog"`
}

type auditEntry struct {
	EventTime   int64           `json:"eventTime"` // Unix milliseconds
	IPAddress   string          `json:"ipAddress"`
	Resources   []auditResource `json:"resources"`
	EventName   string          `json:"eventName"`
	Description string          `json:"description"`
	Account     auditAccount    `json:"account"`
}

type auditResource struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

type auditAccount struct {
	Domain   string `json:"domain"`
	Name     string `json:"name"`
	ID       string `json:"id"`
	UserType string `json:"userType"`
	Email    string `json:"email"`
}

// menuPage is a page of what was opened in the portal.
type menuPage struct {
	Pagination pagination  `json:"pagination"`
	Logs       []menuEntry `json:"logs"`
}

// menuEntry has the upstream's members only where there is one.
type menuEntry struct {
	SubjectID      string `json:"subjectId"`
	SubjectType    string `json:"subjectType"`
	SubjectName    string `json:"subjectName"` // see manyNames
	UpstreamID     string `json:"upstreamId,omitempty"`
	UpstreamType   string `json:"upstreamType,omitempty"`
	UpstreamName   string `json:"upstreamName,omitempty"`
	OrganizationID string `json:"organizationId"`
	UserID         string `json:"userId"`
	EventTime      string `json:"eventTime"` // see menuTime
}

// loginReply is who has signed in.
type loginReply struct {
	AccessToken   string         `json:"accessToken"`
	Organizations []organization `json:"organizations"`
	User          organization   `json:"user"`
}

// organization is an OU, or a user, by ID and name.
type organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// sessionReply is who has entered an OU, which the table of the call's answer calls current and its sample working.
type sessionReply struct {
	UserID                  string `json:"userId"`
	UserName                string `json:"userName"`
	CurrentOrgID            string `json:"currentOrgId"`
	CurrentOrgName          string `json:"currentOrgName"`
	WorkingOrganizationID   string `json:"workingOrganizationId"`
	WorkingOrganizationName string `json:"workingOrganizationName"`
	AccessToken             string `json:"accessToken"`
	RefreshToken            string `json:"refreshToken"`
	RefreshTokenExpire      int64  `json:"refreshTokenExpire"` // Unix milliseconds, as in the sample
}
