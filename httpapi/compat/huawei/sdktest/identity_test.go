package sdktest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/httphandler"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	rds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3"
	rdsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3/model"
)

// testProjectByRegion leaves it to the SDK to find the project: the only one of a credential whatever the region is called, or the one that is called
// as the region.
func testProjectByRegion(t *testing.T, s *server, reader keys, first time.Time) {
	both := s.credential(t, "reader", ourProject, theirProject)
	for _, c := range []struct {
		keys   keys
		region string
	}{{reader, "eu-west-101"}, {both, ourProject}} {
		client, err := s.rdsIn(c.keys, c.region)
		if err != nil {
			t.Errorf("region %s: %v", c.region, err)
			continue
		}
		if page, err := client.ListAuditlogs(listOf(ourInstance, first, 0, 50)); err != nil || *page.TotalRecord != files {
			t.Errorf("region %s: %v, %v", c.region, page, err)
		}
	}
	if _, err := s.rdsIn(both, "eu-west-101"); err == nil || !strings.Contains(err.Error(), "confirm that the project exists in your account") {
		t.Errorf("two projects, neither called as the region: %v", err)
	}
	if _, err := s.rdsIn(keys{reader.Access, "wrong"}, "eu-west-102"); err == nil || !strings.Contains(err.Error(), "APIGW.0301") {
		t.Errorf("look-up with a wrong secret: %v", err)
	}
}

// testDomain leaves it to the SDK to find the account that IAM itself is asked for, by a signature instead of a token.
func testDomain(t *testing.T, s *server, reader keys) {
	credentials, err := global.NewCredentialsBuilder().WithAk(reader.Access).WithSk(reader.Secret).WithIamEndpointOverride(s.base).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	client, err := iam.IamClientBuilder().WithRegion(region.NewRegion("eu-west-101", s.base)).WithCredential(credentials).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	projects, err := iam.NewIamClient(client).KeystoneListProjects(&model.KeystoneListProjectsRequest{})
	if err != nil || len(*projects.Projects) != 1 || (*projects.Projects)[0].Id != ourProject || (*projects.Projects)[0].DomainId != credentials.DomainId {
		t.Errorf("the projects of the domain %q are %v, %v", credentials.DomainId, projects, err)
	}
}

// testDerivedKey has the SDK sign with a key that it derives for the day, the region and the service, as it does for addresses that are not the
// vendor's main ones.
func testDerivedKey(t *testing.T, s *server, reader keys, first time.Time) {
	list := func(secret string) (*rdsmodel.ListAuditlogsResponse, error) {
		credentials, err := basic.NewCredentialsBuilder().WithAk(reader.Access).WithSk(secret).WithProjectId(ourProject).
			WithDerivedPredicate(basic.DefaultDerivedPredicate).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		look := httphandler.NewHttpHandler().AddRequestHandler(func(r http.Request) {
			if signed := r.Header.Get("Authorization"); !strings.HasPrefix(signed, "V11-HMAC-SHA256 Credential="+reader.Access+"/") {
				t.Errorf("the SDK has signed with %q", signed)
			}
		})
		client, err := rds.RdsClientBuilder().WithDerivedAuthServiceName("rds").WithRegion(region.NewRegion("eu-west-101", s.base)).
			WithCredential(credentials).WithHttpConfig(config.DefaultHttpConfig().WithHttpHandler(look)).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		return rds.NewRdsClient(client).ListAuditlogs(listOf(ourInstance, first, 0, 50))
	}
	if page, err := list(reader.Secret); err != nil || *page.TotalRecord != files {
		t.Errorf("list: %v, %v", page, err)
	}
	_, err := list("wrong")
	refused(t, err, http.StatusUnauthorized, "APIGW.0301", unidentified+"verify aksk signature fail")
}

// testToken logs in by name and password, uses the token without the SDK as the vendor's documents show it, and has IAM confirm it.
func testToken(t *testing.T, s *server, reader keys, first time.Time) {
	answer, err := s.iam(t, "").KeystoneCreateUserTokenByPassword(login(reader, ourProject))
	if err != nil {
		t.Fatal(err)
	}
	token := *answer.XSubjectToken
	lifetime := time.Until(timeOf(t, answer.Token.ExpiresAt))
	if answer.HttpStatusCode != http.StatusCreated || token == "" || answer.Token.Project.Id != ourProject || lifetime > 24*time.Hour || lifetime < 23*time.Hour {
		t.Errorf("login answers %s", answer)
	}
	in := url.Values{"start_time": {zoned(first)}, "end_time": {zoned(first.Add(23 * time.Hour))}, "offset": {"0"}, "limit": {"50"}}
	path := s.base + "/v3/" + ourProject + "/instances/" + ourInstance + "/auditlog?" + in.Encode()
	res, body := fetch(t, http.MethodGet, path, nil, "X-Auth-Token", token, "Content-Type", "application/json")
	var list struct {
		Total int `json:"total_record"`
	}
	if err := json.Unmarshal(body, &list); err != nil || res.StatusCode != http.StatusOK || list.Total != files {
		t.Errorf("list with the token: %s: %s", res.Status, body)
	}
	if res, body := fetch(t, http.MethodGet, path, nil, "X-Auth-Token", token+"x"); res.StatusCode != http.StatusUnauthorized || !strings.Contains(string(body), unidentified+"decrypt token fail") {
		t.Errorf("list with another token: %s: %s", res.Status, body)
	}
	shown, err := s.iam(t, token).KeystoneValidateToken(&model.KeystoneValidateTokenRequest{XSubjectToken: token})
	if err != nil || shown.Token.ExpiresAt != answer.Token.ExpiresAt || *shown.XSubjectToken != token {
		t.Errorf("IAM shows %v, %v", shown, err)
	}
	projects, err := s.iam(t, token).KeystoneListProjects(&model.KeystoneListProjectsRequest{})
	if err != nil || len(*projects.Projects) != 1 || (*projects.Projects)[0].Id != ourProject {
		t.Errorf("the token's projects are %v, %v", projects, err)
	}
	_, err = s.iam(t, "").KeystoneCreateUserTokenByPassword(login(keys{reader.Access, "wrong"}, ourProject))
	refused(t, err, http.StatusUnauthorized, "", `{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"}}`)
}

func login(k keys, project string) *model.KeystoneCreateUserTokenByPasswordRequest {
	return &model.KeystoneCreateUserTokenByPasswordRequest{Body: &model.KeystoneCreateUserTokenByPasswordRequestBody{Auth: &model.PwdAuth{
		Identity: &model.PwdIdentity{
			Methods:  []model.PwdIdentityMethods{model.GetPwdIdentityMethodsEnum().PASSWORD},
			Password: &model.PwdPassword{User: &model.PwdPasswordUser{Name: k.Access, Password: k.Secret, Domain: &model.PwdPasswordUserDomain{Name: "annals"}}},
		},
		Scope: &model.AuthScope{Project: &model.AuthScopeProject{Id: &project}},
	}}}
}

func timeOf(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.000000Z", text)
	if err != nil {
		t.Error(err)
	}
	return at
}
