package sdktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	rds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3/model"
)

const unidentified = "Incorrect IAM authentication information: "

// testRefusals asks as somebody who may not.
func testRefusals(t *testing.T, s *server, reader keys, first time.Time) {
	list := listOf(ourInstance, first, 0, 50)
	_, wrong := s.rds(t, keys{reader.Access, "wrong"}, ourProject).ListAuditlogs(list)
	refused(t, wrong, http.StatusUnauthorized, "APIGW.0301", unidentified+"verify aksk signature fail")
	_, unknown := s.rds(t, keys{"ABCDEFGHIJKLMNOPQRST", reader.Secret}, ourProject).ListAuditlogs(list)
	refused(t, unknown, http.StatusUnauthorized, "APIGW.0301", unidentified+"verify aksk signature fail")

	// What is another's is told as what is not there.
	for project, instance := range map[string]string{ourProject: theirInstance, theirProject: theirInstance, "no-such-project": "no-such-instance"} {
		_, err := s.rds(t, reader, project).ListAuditlogs(listOf(instance, first, 0, 50))
		refused(t, err, http.StatusNotFound, "DBS.200002", "The DB instance does not exist.")
	}

	// The SDK leaves the body's request ID unread.
	res, body := fetch(t, http.MethodGet, s.base+"/v3/"+ourProject+"/instances", nil)
	var answer struct {
		Code      string `json:"error_code"`
		Message   string `json:"error_msg"`
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || res.StatusCode != http.StatusUnauthorized || answer.Code != "APIGW.0301" ||
		answer.Message != unidentified+"x-auth-token not found" || answer.RequestID == "" || answer.RequestID != res.Header.Get("X-Request-Id") {
		t.Errorf("nobody's request: %s, request %q: %s", res.Status, res.Header.Get("X-Request-Id"), body)
	}
}

// testBadRequests asks, as somebody who may, for what cannot be answered.
func testBadRequests(t *testing.T, client *rds.RdsClient, first time.Time) {
	bad := func(status int, code, message string, change func(*model.ListAuditlogsRequest)) {
		t.Helper()
		list := listOf(ourInstance, first, 0, 50)
		change(list)
		_, err := client.ListAuditlogs(list)
		refused(t, err, status, code, message)
	}
	bad(http.StatusNotFound, "DBS.200002", "The DB instance does not exist.", func(l *model.ListAuditlogsRequest) { l.InstanceId = "no-such-instance" })
	bad(http.StatusBadRequest, "DBS.280404", "Invalid DB instance ID", func(l *model.ListAuditlogsRequest) { l.InstanceId = strings.Repeat("x", 257) })
	wrong := func(change func(*model.ListAuditlogsRequest)) {
		t.Helper()
		bad(http.StatusBadRequest, "DBS.280001", "Parameter error.", change)
	}
	for _, limit := range []int32{0, 51, -1} {
		wrong(func(l *model.ListAuditlogsRequest) { l.Limit = limit })
	}
	wrong(func(l *model.ListAuditlogsRequest) { l.Offset = -1 })
	wrong(func(l *model.ListAuditlogsRequest) { l.EndTime = zoned(first.AddDate(0, 0, 31)) })
	wrong(func(l *model.ListAuditlogsRequest) { l.EndTime = l.StartTime })
	wrong(func(l *model.ListAuditlogsRequest) { l.StartTime = "yesterday" })

	var many []string
	for n := range 51 {
		many = append(many, fmt.Sprint("id", n))
	}
	_, err := client.ShowAuditlogDownloadLink(linksTo(ourInstance, many...))
	refused(t, err, http.StatusBadRequest, "DBS.200461", "The parameter value is out of range.")
	_, err = client.ShowAuditlogDownloadLink(linksTo(ourInstance, "no such file"))
	refused(t, err, http.StatusForbidden, "DBS.280015", "")
}

// testLockout fails five times in a row, after which the right secret does not help either. Others are not touched.
func testLockout(t *testing.T, s *server, first time.Time) {
	k, list := s.credential(t, "reader", ourProject), listOf(ourInstance, first, 0, 50)
	right, wrong := s.rds(t, k, ourProject), s.rds(t, keys{k.Access, "wrong"}, ourProject)
	if _, err := right.ListAuditlogs(list); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_, err := wrong.ListAuditlogs(list)
		refused(t, err, http.StatusUnauthorized, "APIGW.0301", unidentified+"verify aksk signature fail")
	}
	_, err := right.ListAuditlogs(list)
	refused(t, err, http.StatusUnauthorized, "APIGW.0301", unidentified+"AK access failed to reach the limit,forbidden")
	if _, err := s.rds(t, s.credential(t, "reader", ourProject), ourProject).ListAuditlogs(list); err != nil {
		t.Errorf("another credential: %v", err)
	}
}
