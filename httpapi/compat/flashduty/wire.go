package flashduty

// The shapes of the answers, as the API's OpenAPI document has them.

// envelope is around every answer: it has data or an error, never both. The ID is in the header Flashcat-Request-Id as well.
type envelope struct {
	RequestID string  `json:"request_id"`
	Data      any     `json:"data,omitempty"`
	Error     *failed `json:"error,omitempty"`
}

type failed struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// found is a page of POST /audit/search.
type found struct {
	Total          uint64  `json:"total"`            // exact
	SearchAfterCtx string  `json:"search_after_ctx"` // of the next page; "": there is none
	Docs           []entry `json:"docs"`
}

// entry is one record of the audit log. All of it is always there.
type entry struct {
	CreatedAt     int64   `json:"created_at"` // Unix milliseconds, while requests have seconds
	AccountID     uint64  `json:"account_id"`
	MemberID      uint64  `json:"member_id"`
	MemberName    string  `json:"member_name"`
	RequestID     string  `json:"request_id"`
	IP            string  `json:"ip"`
	Operation     string  `json:"operation"`
	OperationName string  `json:"operation_name"` // in the client's language
	Body          string  `json:"body"`           // JSON in a string, cut at maxEntryBodyBytes
	Params        []param `json:"params"`
	IsDangerous   bool    `json:"is_dangerous"`
	IsWrite       bool    `json:"is_write"`
}

// param is capitalised on the wire, unlike everything else.
type param struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

// operationList is the answer to POST /audit/operation/list.
type operationList struct {
	Items []operation `json:"items"`
}

type operation struct {
	Name   string `json:"name"`
	NameCN string `json:"name_cn"`
}
