package sdktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	rds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3/model"
)

// testPolicy reads, changes and reads again the policy of an instance that nothing else is asked of: it hides the instance's files in the end.
func testPolicy(t *testing.T, s *server, reader *rds.RdsClient, first time.Time) {
	manager := s.rds(t, s.credential(t, "admin", ourProject), ourProject)
	policy := policyOf(t, manager)
	if *policy.KeepDays != 732 || len(*policy.AuditTypes) != 0 {
		t.Errorf("before any change: %s", policy)
	}
	checkTypes(t, *policy.AllAuditLogAction)
	set(t, manager, model.SetAuditlogPolicyRequestBody{KeepDays: 7, AuditTypes: &[]string{"INSERT", "DROP_USER"}})
	if policy := policyOf(t, manager); *policy.KeepDays != 7 || !slices.Equal(*policy.AuditTypes, []string{"INSERT", "DROP_USER"}) {
		t.Errorf("with two types: %s", policy)
	}
	set(t, manager, model.SetAuditlogPolicyRequestBody{KeepDays: 30, Databases: &[]string{"stock"}})
	if policy := policyOf(t, manager); *policy.KeepDays != 30 || len(*policy.AuditTypes) != 0 {
		t.Errorf("without types: %s", policy)
	}
	if page, err := manager.ListAuditlogs(listOf(otherInstance, first, 0, 50)); err != nil || *page.TotalRecord != 1 {
		t.Errorf("before it is off: %v, %v", page, err)
	}
	history := false
	set(t, manager, model.SetAuditlogPolicyRequestBody{KeepDays: 0, ReserveAuditlogs: &history})
	if policy := policyOf(t, manager); *policy.KeepDays != 0 {
		t.Errorf("when it is off: %s", policy)
	}
	if page, err := manager.ListAuditlogs(listOf(otherInstance, first, 0, 50)); err != nil || *page.TotalRecord != 0 || len(*page.Auditlogs) != 0 {
		t.Errorf("off without its history: %v, %v", page, err)
	}

	_, err := reader.SetAuditlogPolicy(setting(model.SetAuditlogPolicyRequestBody{KeepDays: 1}))
	refused(t, err, http.StatusForbidden, "APIGW.0302", "")
	_, err = manager.SetAuditlogPolicy(setting(model.SetAuditlogPolicyRequestBody{KeepDays: 733}))
	refused(t, err, http.StatusBadRequest, "DBS.280250", "Invalid backup retention days.")
	_, err = manager.SetAuditlogPolicy(setting(model.SetAuditlogPolicyRequestBody{KeepDays: 1, AuditTypes: &[]string{"READ_MINDS"}}))
	refused(t, err, http.StatusBadRequest, "DBS.280001", "Parameter error.")
	if policy := policyOf(t, manager); *policy.KeepDays != 0 {
		t.Errorf("after refusals: %s", policy)
	}
}

func policyOf(t *testing.T, client *rds.RdsClient) *model.ShowAuditlogPolicyResponse {
	t.Helper()
	policy, err := client.ShowAuditlogPolicy(&model.ShowAuditlogPolicyRequest{InstanceId: otherInstance})
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// checkTypes reads what can be audited, which is a JSON document in a string.
func checkTypes(t *testing.T, document string) {
	t.Helper()
	classes := map[string]string{}
	if err := json.Unmarshal([]byte(document), &classes); err != nil {
		t.Fatal(err)
	}
	for class, some := range map[string]string{"DCL": "DROP_USER", "DDL": "TRUNCATE", "DML": "INSERT", "OTHER": "BEGIN/COMMIT/ROLLBACK"} {
		if !slices.Contains(strings.Split(classes[class], ","), some) {
			t.Errorf("%s is not of %s: %s", some, class, document)
		}
	}
}

func setting(body model.SetAuditlogPolicyRequestBody) *model.SetAuditlogPolicyRequest {
	return &model.SetAuditlogPolicyRequest{InstanceId: otherInstance, Body: &body}
}

func set(t *testing.T, client *rds.RdsClient, body model.SetAuditlogPolicyRequestBody) {
	t.Helper()
	answer, err := client.SetAuditlogPolicy(setting(body))
	if err != nil {
		t.Fatal(err)
	}
	if answer.HttpStatusCode != http.StatusOK || *answer.Status != "COMPLETED" {
		t.Errorf("setting the policy answers %s", answer)
	}
}
