package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// signIns take a token for a credential's secret, as the products' clients do before their first call.
var signIns = map[string]func(context.Context, *client, vendorKey) (string, error){
	"layer7": signInLayer7,
	"enos":   signInEnOS,
	"huawei": signInHuawei,
}

func signInLayer7(ctx context.Context, c *client, key vendorKey) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/auth/oauth/v2/token?grant_type=client_credentials", nil)
	if err != nil {
		return "", err
	}
	req.SetBasicAuth(key.ID, key.Secret)
	body, err := c.answer(req)
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = json.Unmarshal(body, &answer)
	return answer.AccessToken, err
}

func layer7List(what string, variants int, of func(*facts) int, filter func(variant int) string) vendorCall {
	return vendorCall{kind: "layer7", what: "layer7, " + what, variants: variants, of: of, page: 10, read: readLayer7,
		ask: func(base string, key vendorKey, variant int) (*http.Request, error) {
			req, err := http.NewRequest(http.MethodGet, base+"/default/tenant-admin/1.0/audits?size=10"+filter(variant), nil)
			if err == nil {
				req.Header.Set("Authorization", "Bearer "+key.token)
			}
			return req, err
		}}
}

// layer7Sorted asks for one page in ten, from the first to the thousandth.
func layer7Sorted(field string) vendorCall {
	call := layer7List("sorted by "+field+", to page 1,000", 100, nil, func(variant int) string { return fmt.Sprintf("&sort=%s,ASC&page=%d", field, variant*10) })
	call.whole = true
	return call
}

func readLayer7(body []byte) (l listed, err error) {
	var answer struct {
		TotalElements int `json:"totalElements"`
		Results       []struct {
			UUID string `json:"uuid"`
		} `json:"results"`
	}
	err = json.Unmarshal(body, &answer)
	l.total = answer.TotalElements
	for _, a := range answer.Results {
		l.ids = append(l.ids, a.UUID)
	}
	return l, err
}

func signInEnOS(ctx context.Context, c *client, key vendorKey) (string, error) {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	wish := fmt.Sprintf(`{"appKey":%q,"encryption":%q,"timestamp":%s}`, key.ID, hexSHA256(key.ID+now+key.Secret), now)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/apim-token-service/v2.0/token/get", bytes.NewReader([]byte(wish)))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	body, err := c.answer(req)
	if err != nil {
		return "", err
	}
	var answer struct {
		Data struct {
			AccessToken string `json:"accessToken"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data.AccessToken == "" {
		return "", fmt.Errorf("no token in %.1000s: %w", body, err)
	}
	return answer.Data.AccessToken, nil
}

func hexSHA256(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func askEnOS(base string, key vendorKey, _ int) (*http.Request, error) {
	body := fmt.Sprintf(`{"startTime":%d,"endTime":%d,"pagination":{"pageNo":0,"pageSize":10}}`, defaultUntil.Add(-span-lateMax).UnixMilli(),
		defaultUntil.AddDate(0, 0, 1).UnixMilli())
	req, err := http.NewRequest(http.MethodPost, base+"/app-portal-service/v2.2/log/query?orgId=default", bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("apim-accesstoken", key.token)
	req.Header.Set("apim-timestamp", now)
	req.Header.Set("apim-signature", hexSHA256(key.token+"orgIddefault"+body+now+key.Secret))
	return req, nil
}

func readEnOS(body []byte) (l listed, err error) {
	var answer struct {
		Data struct {
			Pagination struct {
				TotalElements int `json:"totalElements"`
			} `json:"pagination"`
		} `json:"data"`
	}
	err = json.Unmarshal(body, &answer)
	l.total = answer.Data.Pagination.TotalElements
	return l, err
}

func signInHuawei(ctx context.Context, c *client, key vendorKey) (string, error) {
	wish := fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"password":%q,"domain":{"name":"bench"}}}}}}`, key.ID, key.Secret)
	answer, err := c.do(ctx, http.MethodPost, "/v3/auth/tokens", "application/json", bytes.NewReader([]byte(wish)))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.Header.Get("X-Subject-Token"), err
}

// askHuawei asks for the files of the workload's 30 days, as many as a list may be of; events of the days around it are in none of them.
func askHuawei(base string, key vendorKey, project int) (*http.Request, error) {
	query := url.Values{"start_time": {huaweiTime(huaweiFrom)}, "end_time": {huaweiTime(defaultUntil)}, "offset": {"0"}, "limit": {"10"}}
	req, err := http.NewRequest(http.MethodGet, base+"/v3/default/instances/"+url.PathEscape(projectIDs[project])+"/auditlog?"+query.Encode(), nil)
	if err == nil {
		req.Header.Set("X-Auth-Token", key.token)
	}
	return req, err
}

var huaweiFrom = defaultUntil.Add(-span)

func huaweiTime(t time.Time) string { return t.Format("2006-01-02T15:04:05-0700") }

func readHuawei(body []byte) (l listed, err error) {
	var answer struct {
		TotalRecord int `json:"total_record"`
	}
	err = json.Unmarshal(body, &answer)
	l.total = answer.TotalRecord
	return l, err
}
