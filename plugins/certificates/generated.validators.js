/** Generated from specs/certificates.yaml by `npm run generate`: do not edit. */

import { codePoints, withSchemas } from '#plugin';

const schema6 = {"type":"object","additionalProperties":false,"minProperties":1,"maxProperties":1,"description":"Exactly one of its kinds.","properties":{"localCa":{"type":"object","additionalProperties":false,"required":["dir","commonName"],"description":"A certificate authority in a folder, created by the first apply.","properties":{"dir":{"type":"string","minLength":1,"maxLength":4096,"format":"folder-path","x-path":"write","description":"Folder of `ca.crt` and `ca.key`, relative to the document."},"commonName":{"type":"string","minLength":1,"maxLength":64,"description":"Common name of the authority."}}},"selfSigned":{"type":"object","additionalProperties":false,"description":"Each certificate signs itself.","properties":{}}}};
const formats0 = /^(?![~$\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?:\/\/|\s$))[^\u0000-\u001f\u007f-\u009f\ud800-\udfff\\\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*$/u;
const func2 = codePoints;
function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length > 1){
const err0 = {instancePath,schemaPath:"#/maxProperties",keyword:"maxProperties",params:{limit: 1},message:"must NOT have more than 1 properties"};
(vErrors ??= []).push(err0);
errors++;
}
if(Object.keys(data).length < 1){
const err1 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1},message:"must NOT have fewer than 1 properties"};
(vErrors ??= []).push(err1);
errors++;
}
for(const key0 in data){
if(!((key0 === "localCa") || (key0 === "selfSigned"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err2);
errors++;
}
}
if(data.localCa !== undefined){
let data0 = data.localCa;
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
if(data0.dir === undefined){
const err3 = {instancePath:instancePath+"/localCa",schemaPath:"#/properties/localCa/required",keyword:"required",params:{missingProperty: "dir"},message:"must have required property '"+"dir"+"'"};
(vErrors ??= []).push(err3);
errors++;
}
if(data0.commonName === undefined){
const err4 = {instancePath:instancePath+"/localCa",schemaPath:"#/properties/localCa/required",keyword:"required",params:{missingProperty: "commonName"},message:"must have required property '"+"commonName"+"'"};
(vErrors ??= []).push(err4);
errors++;
}
for(const key1 in data0){
if(!((key1 === "dir") || (key1 === "commonName"))){
const err5 = {instancePath:instancePath+"/localCa",schemaPath:"#/properties/localCa/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data0.dir !== undefined){
let data1 = data0.dir;
if(typeof data1 === "string"){
if(func2(data1) > 4096){
const err6 = {instancePath:instancePath+"/localCa/dir",schemaPath:"#/properties/localCa/properties/dir/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err6);
errors++;
}
if(func2(data1) < 1){
const err7 = {instancePath:instancePath+"/localCa/dir",schemaPath:"#/properties/localCa/properties/dir/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err7);
errors++;
}
if(!(formats0.test(data1))){
const err8 = {instancePath:instancePath+"/localCa/dir",schemaPath:"#/properties/localCa/properties/dir/format",keyword:"format",params:{format: "folder-path"},message:"must match format \""+"folder-path"+"\""};
(vErrors ??= []).push(err8);
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/localCa/dir",schemaPath:"#/properties/localCa/properties/dir/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err9);
errors++;
}
}
if(data0.commonName !== undefined){
let data2 = data0.commonName;
if(typeof data2 === "string"){
if(func2(data2) > 64){
const err10 = {instancePath:instancePath+"/localCa/commonName",schemaPath:"#/properties/localCa/properties/commonName/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err10);
errors++;
}
if(func2(data2) < 1){
const err11 = {instancePath:instancePath+"/localCa/commonName",schemaPath:"#/properties/localCa/properties/commonName/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err11);
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/localCa/commonName",schemaPath:"#/properties/localCa/properties/commonName/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err12);
errors++;
}
}
}
else {
const err13 = {instancePath:instancePath+"/localCa",schemaPath:"#/properties/localCa/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err13);
errors++;
}
}
if(data.selfSigned !== undefined){
let data3 = data.selfSigned;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
for(const key2 in data3){
const err14 = {instancePath:instancePath+"/selfSigned",schemaPath:"#/properties/selfSigned/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err14);
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/selfSigned",schemaPath:"#/properties/selfSigned/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err15);
errors++;
}
}
}
else {
const err16 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err16);
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}
const schema7 = {"type":"object","additionalProperties":false,"required":["issuer","dnsNames","storage"],"properties":{"issuer":{"type":"string","minLength":1,"maxLength":253,"x-ref":"Issuer","description":"Name of the Issuer that signs the certificate."},"dnsNames":{"type":"array","minItems":1,"maxItems":1000,"uniqueItems":true,"description":"Names that the certificate is valid for; the first one is the common name, if it fits.","items":{"type":"string","minLength":1,"maxLength":253,"format":"dns-name"}},"keyAlgorithm":{"enum":["ecdsa-p256","ecdsa-p384","rsa-2048","rsa-4096","ed25519"],"default":"ecdsa-p256","description":"Algorithm of the key."},"validityDays":{"type":"integer","minimum":1,"maximum":3650,"default":90,"description":"Validity of the certificate, in days."},"storage":{"type":"object","additionalProperties":false,"minProperties":1,"maxProperties":1,"description":"Exactly one of its kinds.","properties":{"file":{"type":"object","additionalProperties":false,"minProperties":1,"description":"PEM files, relative to the document: `certificate` and `key`, or `combined`, and further files that services need.","properties":{"certificate":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"write","description":"The certificate, with its chain unless `chain` or `fullchain` is set too; mode 0644."},"key":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"write","description":"The private key, PKCS#8."},"chain":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"write","description":"The certificates between this one and its authority; mode 0644."},"fullchain":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"write","description":"The certificate and its chain; mode 0644."},"combined":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"write","description":"The certificate, its chain and the private key."},"owner":{"type":["string","integer"],"minimum":0,"maximum":4294967294,"pattern":"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$","maxLength":64,"description":"Owner of the files, by name or number. Defaults to the present owner."},"group":{"type":["string","integer"],"minimum":0,"maximum":4294967294,"pattern":"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$","maxLength":64,"description":"Group of the files, by name or number. Defaults to the present group."},"mode":{"enum":["0400","0440","0600","0640"],"description":"Mode of the files that hold the key. Defaults to 0600 for a new file; the mode of an existing file stays unless it allows more than 0640."}}},"directory":{"type":"object","additionalProperties":false,"required":["path"],"description":"A folder with `cert.pem`, `chain.pem`, `fullchain.pem` and `privkey.pem`, switched together by one symbolic link.","properties":{"path":{"type":"string","minLength":1,"maxLength":4096,"format":"folder-path","x-path":"write","description":"The folder, relative to the document."},"combined":{"type":"boolean","default":false,"description":"Also keep `combined.pem`: the certificate, its chain and the private key."},"owner":{"type":["string","integer"],"minimum":0,"maximum":4294967294,"pattern":"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$","maxLength":64,"description":"Owner of the files, by name or number. Defaults to the present owner."},"group":{"type":["string","integer"],"minimum":0,"maximum":4294967294,"pattern":"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$","maxLength":64,"description":"Group of the files, by name or number. Defaults to the present group."},"mode":{"enum":["0400","0440","0600","0640"],"description":"Mode of the files that hold the key. Defaults to 0600 for a new file; the mode of an existing file stays unless it allows more than 0640."}}}}},"deploy":{"type":"object","additionalProperties":false,"required":["command"],"description":"Copies a new pair to other places. Runs after every swap, before the reload.","properties":{"command":{"type":"array","minItems":1,"maxItems":100,"description":"A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`. The paths are in its environment.","items":{"type":"string","minLength":1,"maxLength":4096}},"timeoutSeconds":{"type":"integer","minimum":1,"maximum":300,"default":60,"description":"Deadline of the command, in seconds."}}},"reload":{"type":"object","additionalProperties":false,"minProperties":1,"description":"Makes the service that uses the pair reload it: `command` or `signal`. Certificates with the same value share a service, which is reloaded once for all of them.","properties":{"command":{"type":"array","minItems":1,"maxItems":100,"description":"A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`.","items":{"type":"string","minLength":1,"maxLength":4096}},"signal":{"type":"object","additionalProperties":false,"required":["pidFile"],"description":"A signal to a process that runs on this machine.","properties":{"pidFile":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"read","description":"File with the number of the process, relative to the document; one of `plugins.certificates.pidFiles` in `fettle.yaml`."},"name":{"enum":["HUP","USR1","USR2"],"default":"HUP","description":"Signal to send."}}},"timeoutSeconds":{"type":"integer","minimum":1,"maximum":300,"default":60,"description":"Deadline of the command, in seconds."}}},"renewal":{"type":"object","additionalProperties":false,"default":{},"description":"How it is renewed; what is not written here is as `plugins.certificates.renewal` in `fettle.yaml` says.","properties":{"enabled":{"type":"boolean","description":"Whether it is renewed; without it, that it is due is only told."},"thresholdDays":{"type":"integer","minimum":1,"maximum":365,"description":"It is renewed when so many days are left (30), or a third of its lifetime, whichever is less."},"issuedAfter":{"type":"string","format":"instant","maxLength":64,"description":"Replaces a certificate that was issued before this time, even if it is still valid: for a key that leaked."},"checkInterval":{"type":"string","format":"duration","maxLength":16,"description":"How often it is written down that it was looked at (24h), where nothing else is new; at least 1h."},"retryInterval":{"type":"string","format":"duration","maxLength":16,"description":"From a failed renewal to the next one (1h); at least 1m."},"maxRetries":{"type":"integer","minimum":0,"maximum":1000,"description":"Failed renewals in a row (10) after which nothing more is tried."},"backoffMultiplier":{"type":"number","minimum":1,"maximum":100,"description":"By how much each further failure multiplies that time (2)."},"maxBackoff":{"type":"string","format":"duration","maxLength":16,"description":"The longest time to the next try (24h); no shorter than `retryInterval`."}}},"recovery":{"type":"object","additionalProperties":false,"default":{},"description":"How it is replaced when it has expired, or cannot be used; otherwise as `renewal`.","properties":{"enabled":{"type":"boolean","description":"Whether it is replaced; without it, that it has expired is only told."},"retryInterval":{"type":"string","format":"duration","maxLength":16,"description":"From a failed recovery to the next one (1m); at least 1m."},"maxRetries":{"type":"integer","minimum":0,"maximum":1000,"description":"Failed recoveries in a row (3) after which nothing more is tried."},"backoffMultiplier":{"type":"number","minimum":1,"maximum":100,"description":"By how much each further failure multiplies that time (2)."},"maxBackoff":{"type":"string","format":"duration","maxLength":16,"description":"The longest time to the next try (1h); no shorter than `retryInterval`."}}},"served":{"type":"object","additionalProperties":false,"default":{},"description":"How it reaches what serves it, where it has `deploy` or `reload`; otherwise as `renewal`.","properties":{"withinSeconds":{"type":"integer","minimum":1,"maximum":120,"description":"Within this time after a reload (30 s), every address of its Domains has to serve it."},"retryInterval":{"type":"string","format":"duration","maxLength":16,"description":"From a reload after which it was not served to the next one (1m); at least 1m."},"maxRetries":{"type":"integer","minimum":0,"maximum":1000,"description":"Such reloads in a row (10) after which nothing more is tried."},"backoffMultiplier":{"type":"number","minimum":1,"maximum":100,"description":"By how much each further failure multiplies that time (2)."},"maxBackoff":{"type":"string","format":"duration","maxLength":16,"description":"The longest time to the next try (1h); no shorter than `retryInterval`."}}}}};
const func6 = Object.prototype.hasOwnProperty;
const formats2 = /^(?=.{1,253}$)(?:\*\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u;
const formats4 = /^(?![~$\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?:\/\/|\s$|(?:^\.{1,2}|\/\.{0,2})$))[^\u0000-\u001f\u007f-\u009f\ud800-\udfff\\\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*$/u;
const formats18 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/u;
const formats20 = /^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$/u;
const pattern0 = new RegExp("^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$", "u");
function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.keyAlgorithm === undefined){
data.keyAlgorithm = "ecdsa-p256";
}
if(data.validityDays === undefined){
data.validityDays = 90;
}
if(data.renewal === undefined){
data.renewal = {};
}
if(data.recovery === undefined){
data.recovery = {};
}
if(data.served === undefined){
data.served = {};
}
if(data.issuer === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "issuer"},message:"must have required property '"+"issuer"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.dnsNames === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "dnsNames"},message:"must have required property '"+"dnsNames"+"'"};
(vErrors ??= []).push(err1);
errors++;
}
if(data.storage === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "storage"},message:"must have required property '"+"storage"+"'"};
(vErrors ??= []).push(err2);
errors++;
}
for(const key0 in data){
if(!(func6.call(schema7.properties, key0))){
const err3 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err3);
errors++;
}
}
if(data.issuer !== undefined){
let data0 = data.issuer;
if(typeof data0 === "string"){
if(func2(data0) > 253){
const err4 = {instancePath:instancePath+"/issuer",schemaPath:"#/properties/issuer/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err4);
errors++;
}
if(func2(data0) < 1){
const err5 = {instancePath:instancePath+"/issuer",schemaPath:"#/properties/issuer/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err5);
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/issuer",schemaPath:"#/properties/issuer/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err6);
errors++;
}
}
if(data.dnsNames !== undefined){
let data1 = data.dnsNames;
if(Array.isArray(data1)){
if(data1.length > 1000){
const err7 = {instancePath:instancePath+"/dnsNames",schemaPath:"#/properties/dnsNames/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err7);
errors++;
}
if(data1.length < 1){
const err8 = {instancePath:instancePath+"/dnsNames",schemaPath:"#/properties/dnsNames/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
(vErrors ??= []).push(err8);
errors++;
}
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(typeof data2 === "string"){
if(func2(data2) > 253){
const err9 = {instancePath:instancePath+"/dnsNames/" + i0,schemaPath:"#/properties/dnsNames/items/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err9);
errors++;
}
if(func2(data2) < 1){
const err10 = {instancePath:instancePath+"/dnsNames/" + i0,schemaPath:"#/properties/dnsNames/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err10);
errors++;
}
if(!(formats2.test(data2))){
const err11 = {instancePath:instancePath+"/dnsNames/" + i0,schemaPath:"#/properties/dnsNames/items/format",keyword:"format",params:{format: "dns-name"},message:"must match format \""+"dns-name"+"\""};
(vErrors ??= []).push(err11);
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/dnsNames/" + i0,schemaPath:"#/properties/dnsNames/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err12);
errors++;
}
}
let i1 = data1.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data1[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err13 = {instancePath:instancePath+"/dnsNames",schemaPath:"#/properties/dnsNames/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)"};
(vErrors ??= []).push(err13);
errors++;
break;
}
indices0[item0] = i1;
}
}
}
else {
const err14 = {instancePath:instancePath+"/dnsNames",schemaPath:"#/properties/dnsNames/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err14);
errors++;
}
}
let data3 = data.keyAlgorithm;
if(!(((((data3 === "ecdsa-p256") || (data3 === "ecdsa-p384")) || (data3 === "rsa-2048")) || (data3 === "rsa-4096")) || (data3 === "ed25519"))){
const err15 = {instancePath:instancePath+"/keyAlgorithm",schemaPath:"#/properties/keyAlgorithm/enum",keyword:"enum",params:{allowedValues: schema7.properties.keyAlgorithm.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err15);
errors++;
}
let data4 = data.validityDays;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err16 = {instancePath:instancePath+"/validityDays",schemaPath:"#/properties/validityDays/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err16);
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 3650 || isNaN(data4)){
const err17 = {instancePath:instancePath+"/validityDays",schemaPath:"#/properties/validityDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},message:"must be <= 3650"};
(vErrors ??= []).push(err17);
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err18 = {instancePath:instancePath+"/validityDays",schemaPath:"#/properties/validityDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err18);
errors++;
}
}
if(data.storage !== undefined){
let data5 = data.storage;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(Object.keys(data5).length > 1){
const err19 = {instancePath:instancePath+"/storage",schemaPath:"#/properties/storage/maxProperties",keyword:"maxProperties",params:{limit: 1},message:"must NOT have more than 1 properties"};
(vErrors ??= []).push(err19);
errors++;
}
if(Object.keys(data5).length < 1){
const err20 = {instancePath:instancePath+"/storage",schemaPath:"#/properties/storage/minProperties",keyword:"minProperties",params:{limit: 1},message:"must NOT have fewer than 1 properties"};
(vErrors ??= []).push(err20);
errors++;
}
for(const key1 in data5){
if(!((key1 === "file") || (key1 === "directory"))){
const err21 = {instancePath:instancePath+"/storage",schemaPath:"#/properties/storage/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err21);
errors++;
}
}
if(data5.file !== undefined){
let data6 = data5.file;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(Object.keys(data6).length < 1){
const err22 = {instancePath:instancePath+"/storage/file",schemaPath:"#/properties/storage/properties/file/minProperties",keyword:"minProperties",params:{limit: 1},message:"must NOT have fewer than 1 properties"};
(vErrors ??= []).push(err22);
errors++;
}
for(const key2 in data6){
if(!((((((((key2 === "certificate") || (key2 === "key")) || (key2 === "chain")) || (key2 === "fullchain")) || (key2 === "combined")) || (key2 === "owner")) || (key2 === "group")) || (key2 === "mode"))){
const err23 = {instancePath:instancePath+"/storage/file",schemaPath:"#/properties/storage/properties/file/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err23);
errors++;
}
}
if(data6.certificate !== undefined){
let data7 = data6.certificate;
if(typeof data7 === "string"){
if(func2(data7) > 4096){
const err24 = {instancePath:instancePath+"/storage/file/certificate",schemaPath:"#/properties/storage/properties/file/properties/certificate/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err24);
errors++;
}
if(func2(data7) < 1){
const err25 = {instancePath:instancePath+"/storage/file/certificate",schemaPath:"#/properties/storage/properties/file/properties/certificate/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err25);
errors++;
}
if(!(formats4.test(data7))){
const err26 = {instancePath:instancePath+"/storage/file/certificate",schemaPath:"#/properties/storage/properties/file/properties/certificate/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err26);
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/storage/file/certificate",schemaPath:"#/properties/storage/properties/file/properties/certificate/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err27);
errors++;
}
}
if(data6.key !== undefined){
let data8 = data6.key;
if(typeof data8 === "string"){
if(func2(data8) > 4096){
const err28 = {instancePath:instancePath+"/storage/file/key",schemaPath:"#/properties/storage/properties/file/properties/key/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err28);
errors++;
}
if(func2(data8) < 1){
const err29 = {instancePath:instancePath+"/storage/file/key",schemaPath:"#/properties/storage/properties/file/properties/key/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err29);
errors++;
}
if(!(formats4.test(data8))){
const err30 = {instancePath:instancePath+"/storage/file/key",schemaPath:"#/properties/storage/properties/file/properties/key/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err30);
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/storage/file/key",schemaPath:"#/properties/storage/properties/file/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err31);
errors++;
}
}
if(data6.chain !== undefined){
let data9 = data6.chain;
if(typeof data9 === "string"){
if(func2(data9) > 4096){
const err32 = {instancePath:instancePath+"/storage/file/chain",schemaPath:"#/properties/storage/properties/file/properties/chain/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err32);
errors++;
}
if(func2(data9) < 1){
const err33 = {instancePath:instancePath+"/storage/file/chain",schemaPath:"#/properties/storage/properties/file/properties/chain/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err33);
errors++;
}
if(!(formats4.test(data9))){
const err34 = {instancePath:instancePath+"/storage/file/chain",schemaPath:"#/properties/storage/properties/file/properties/chain/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err34);
errors++;
}
}
else {
const err35 = {instancePath:instancePath+"/storage/file/chain",schemaPath:"#/properties/storage/properties/file/properties/chain/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err35);
errors++;
}
}
if(data6.fullchain !== undefined){
let data10 = data6.fullchain;
if(typeof data10 === "string"){
if(func2(data10) > 4096){
const err36 = {instancePath:instancePath+"/storage/file/fullchain",schemaPath:"#/properties/storage/properties/file/properties/fullchain/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err36);
errors++;
}
if(func2(data10) < 1){
const err37 = {instancePath:instancePath+"/storage/file/fullchain",schemaPath:"#/properties/storage/properties/file/properties/fullchain/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err37);
errors++;
}
if(!(formats4.test(data10))){
const err38 = {instancePath:instancePath+"/storage/file/fullchain",schemaPath:"#/properties/storage/properties/file/properties/fullchain/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err38);
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/storage/file/fullchain",schemaPath:"#/properties/storage/properties/file/properties/fullchain/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err39);
errors++;
}
}
if(data6.combined !== undefined){
let data11 = data6.combined;
if(typeof data11 === "string"){
if(func2(data11) > 4096){
const err40 = {instancePath:instancePath+"/storage/file/combined",schemaPath:"#/properties/storage/properties/file/properties/combined/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err40);
errors++;
}
if(func2(data11) < 1){
const err41 = {instancePath:instancePath+"/storage/file/combined",schemaPath:"#/properties/storage/properties/file/properties/combined/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err41);
errors++;
}
if(!(formats4.test(data11))){
const err42 = {instancePath:instancePath+"/storage/file/combined",schemaPath:"#/properties/storage/properties/file/properties/combined/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err42);
errors++;
}
}
else {
const err43 = {instancePath:instancePath+"/storage/file/combined",schemaPath:"#/properties/storage/properties/file/properties/combined/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err43);
errors++;
}
}
if(data6.owner !== undefined){
let data12 = data6.owner;
if((typeof data12 !== "string") && (!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12))))){
const err44 = {instancePath:instancePath+"/storage/file/owner",schemaPath:"#/properties/storage/properties/file/properties/owner/type",keyword:"type",params:{type: schema7.properties.storage.properties.file.properties.owner.type},message:"must be string,integer"};
(vErrors ??= []).push(err44);
errors++;
}
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 4294967294 || isNaN(data12)){
const err45 = {instancePath:instancePath+"/storage/file/owner",schemaPath:"#/properties/storage/properties/file/properties/owner/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967294},message:"must be <= 4294967294"};
(vErrors ??= []).push(err45);
errors++;
}
if(data12 < 0 || isNaN(data12)){
const err46 = {instancePath:instancePath+"/storage/file/owner",schemaPath:"#/properties/storage/properties/file/properties/owner/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err46);
errors++;
}
}
if(typeof data12 === "string"){
if(func2(data12) > 64){
const err47 = {instancePath:instancePath+"/storage/file/owner",schemaPath:"#/properties/storage/properties/file/properties/owner/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err47);
errors++;
}
if(!pattern0.test(data12)){
const err48 = {instancePath:instancePath+"/storage/file/owner",schemaPath:"#/properties/storage/properties/file/properties/owner/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"},message:"must match pattern \""+"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"+"\""};
(vErrors ??= []).push(err48);
errors++;
}
}
}
if(data6.group !== undefined){
let data13 = data6.group;
if((typeof data13 !== "string") && (!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13))))){
const err49 = {instancePath:instancePath+"/storage/file/group",schemaPath:"#/properties/storage/properties/file/properties/group/type",keyword:"type",params:{type: schema7.properties.storage.properties.file.properties.group.type},message:"must be string,integer"};
(vErrors ??= []).push(err49);
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 4294967294 || isNaN(data13)){
const err50 = {instancePath:instancePath+"/storage/file/group",schemaPath:"#/properties/storage/properties/file/properties/group/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967294},message:"must be <= 4294967294"};
(vErrors ??= []).push(err50);
errors++;
}
if(data13 < 0 || isNaN(data13)){
const err51 = {instancePath:instancePath+"/storage/file/group",schemaPath:"#/properties/storage/properties/file/properties/group/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err51);
errors++;
}
}
if(typeof data13 === "string"){
if(func2(data13) > 64){
const err52 = {instancePath:instancePath+"/storage/file/group",schemaPath:"#/properties/storage/properties/file/properties/group/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err52);
errors++;
}
if(!pattern0.test(data13)){
const err53 = {instancePath:instancePath+"/storage/file/group",schemaPath:"#/properties/storage/properties/file/properties/group/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"},message:"must match pattern \""+"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"+"\""};
(vErrors ??= []).push(err53);
errors++;
}
}
}
if(data6.mode !== undefined){
let data14 = data6.mode;
if(!((((data14 === "0400") || (data14 === "0440")) || (data14 === "0600")) || (data14 === "0640"))){
const err54 = {instancePath:instancePath+"/storage/file/mode",schemaPath:"#/properties/storage/properties/file/properties/mode/enum",keyword:"enum",params:{allowedValues: schema7.properties.storage.properties.file.properties.mode.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err54);
errors++;
}
}
}
else {
const err55 = {instancePath:instancePath+"/storage/file",schemaPath:"#/properties/storage/properties/file/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err55);
errors++;
}
}
if(data5.directory !== undefined){
let data15 = data5.directory;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
if(data15.combined === undefined){
data15.combined = false;
}
if(data15.path === undefined){
const err56 = {instancePath:instancePath+"/storage/directory",schemaPath:"#/properties/storage/properties/directory/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'"};
(vErrors ??= []).push(err56);
errors++;
}
for(const key3 in data15){
if(!(((((key3 === "path") || (key3 === "combined")) || (key3 === "owner")) || (key3 === "group")) || (key3 === "mode"))){
const err57 = {instancePath:instancePath+"/storage/directory",schemaPath:"#/properties/storage/properties/directory/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err57);
errors++;
}
}
if(data15.path !== undefined){
let data16 = data15.path;
if(typeof data16 === "string"){
if(func2(data16) > 4096){
const err58 = {instancePath:instancePath+"/storage/directory/path",schemaPath:"#/properties/storage/properties/directory/properties/path/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err58);
errors++;
}
if(func2(data16) < 1){
const err59 = {instancePath:instancePath+"/storage/directory/path",schemaPath:"#/properties/storage/properties/directory/properties/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err59);
errors++;
}
if(!(formats0.test(data16))){
const err60 = {instancePath:instancePath+"/storage/directory/path",schemaPath:"#/properties/storage/properties/directory/properties/path/format",keyword:"format",params:{format: "folder-path"},message:"must match format \""+"folder-path"+"\""};
(vErrors ??= []).push(err60);
errors++;
}
}
else {
const err61 = {instancePath:instancePath+"/storage/directory/path",schemaPath:"#/properties/storage/properties/directory/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err61);
errors++;
}
}
if(typeof data15.combined !== "boolean"){
const err62 = {instancePath:instancePath+"/storage/directory/combined",schemaPath:"#/properties/storage/properties/directory/properties/combined/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err62);
errors++;
}
if(data15.owner !== undefined){
let data18 = data15.owner;
if((typeof data18 !== "string") && (!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18))))){
const err63 = {instancePath:instancePath+"/storage/directory/owner",schemaPath:"#/properties/storage/properties/directory/properties/owner/type",keyword:"type",params:{type: schema7.properties.storage.properties.directory.properties.owner.type},message:"must be string,integer"};
(vErrors ??= []).push(err63);
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 4294967294 || isNaN(data18)){
const err64 = {instancePath:instancePath+"/storage/directory/owner",schemaPath:"#/properties/storage/properties/directory/properties/owner/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967294},message:"must be <= 4294967294"};
(vErrors ??= []).push(err64);
errors++;
}
if(data18 < 0 || isNaN(data18)){
const err65 = {instancePath:instancePath+"/storage/directory/owner",schemaPath:"#/properties/storage/properties/directory/properties/owner/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err65);
errors++;
}
}
if(typeof data18 === "string"){
if(func2(data18) > 64){
const err66 = {instancePath:instancePath+"/storage/directory/owner",schemaPath:"#/properties/storage/properties/directory/properties/owner/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err66);
errors++;
}
if(!pattern0.test(data18)){
const err67 = {instancePath:instancePath+"/storage/directory/owner",schemaPath:"#/properties/storage/properties/directory/properties/owner/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"},message:"must match pattern \""+"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"+"\""};
(vErrors ??= []).push(err67);
errors++;
}
}
}
if(data15.group !== undefined){
let data19 = data15.group;
if((typeof data19 !== "string") && (!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19))))){
const err68 = {instancePath:instancePath+"/storage/directory/group",schemaPath:"#/properties/storage/properties/directory/properties/group/type",keyword:"type",params:{type: schema7.properties.storage.properties.directory.properties.group.type},message:"must be string,integer"};
(vErrors ??= []).push(err68);
errors++;
}
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 4294967294 || isNaN(data19)){
const err69 = {instancePath:instancePath+"/storage/directory/group",schemaPath:"#/properties/storage/properties/directory/properties/group/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967294},message:"must be <= 4294967294"};
(vErrors ??= []).push(err69);
errors++;
}
if(data19 < 0 || isNaN(data19)){
const err70 = {instancePath:instancePath+"/storage/directory/group",schemaPath:"#/properties/storage/properties/directory/properties/group/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err70);
errors++;
}
}
if(typeof data19 === "string"){
if(func2(data19) > 64){
const err71 = {instancePath:instancePath+"/storage/directory/group",schemaPath:"#/properties/storage/properties/directory/properties/group/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err71);
errors++;
}
if(!pattern0.test(data19)){
const err72 = {instancePath:instancePath+"/storage/directory/group",schemaPath:"#/properties/storage/properties/directory/properties/group/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"},message:"must match pattern \""+"^[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?$"+"\""};
(vErrors ??= []).push(err72);
errors++;
}
}
}
if(data15.mode !== undefined){
let data20 = data15.mode;
if(!((((data20 === "0400") || (data20 === "0440")) || (data20 === "0600")) || (data20 === "0640"))){
const err73 = {instancePath:instancePath+"/storage/directory/mode",schemaPath:"#/properties/storage/properties/directory/properties/mode/enum",keyword:"enum",params:{allowedValues: schema7.properties.storage.properties.directory.properties.mode.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err73);
errors++;
}
}
}
else {
const err74 = {instancePath:instancePath+"/storage/directory",schemaPath:"#/properties/storage/properties/directory/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err74);
errors++;
}
}
}
else {
const err75 = {instancePath:instancePath+"/storage",schemaPath:"#/properties/storage/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err75);
errors++;
}
}
if(data.deploy !== undefined){
let data21 = data.deploy;
if(data21 && typeof data21 == "object" && !Array.isArray(data21)){
if(data21.timeoutSeconds === undefined){
data21.timeoutSeconds = 60;
}
if(data21.command === undefined){
const err76 = {instancePath:instancePath+"/deploy",schemaPath:"#/properties/deploy/required",keyword:"required",params:{missingProperty: "command"},message:"must have required property '"+"command"+"'"};
(vErrors ??= []).push(err76);
errors++;
}
for(const key4 in data21){
if(!((key4 === "command") || (key4 === "timeoutSeconds"))){
const err77 = {instancePath:instancePath+"/deploy",schemaPath:"#/properties/deploy/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
(vErrors ??= []).push(err77);
errors++;
}
}
if(data21.command !== undefined){
let data22 = data21.command;
if(Array.isArray(data22)){
if(data22.length > 100){
const err78 = {instancePath:instancePath+"/deploy/command",schemaPath:"#/properties/deploy/properties/command/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
(vErrors ??= []).push(err78);
errors++;
}
if(data22.length < 1){
const err79 = {instancePath:instancePath+"/deploy/command",schemaPath:"#/properties/deploy/properties/command/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
(vErrors ??= []).push(err79);
errors++;
}
const len1 = data22.length;
for(let i2=0; i2<len1; i2++){
let data23 = data22[i2];
if(typeof data23 === "string"){
if(func2(data23) > 4096){
const err80 = {instancePath:instancePath+"/deploy/command/" + i2,schemaPath:"#/properties/deploy/properties/command/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err80);
errors++;
}
if(func2(data23) < 1){
const err81 = {instancePath:instancePath+"/deploy/command/" + i2,schemaPath:"#/properties/deploy/properties/command/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err81);
errors++;
}
}
else {
const err82 = {instancePath:instancePath+"/deploy/command/" + i2,schemaPath:"#/properties/deploy/properties/command/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err82);
errors++;
}
}
}
else {
const err83 = {instancePath:instancePath+"/deploy/command",schemaPath:"#/properties/deploy/properties/command/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err83);
errors++;
}
}
let data24 = data21.timeoutSeconds;
if(!(((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24))) && (isFinite(data24)))){
const err84 = {instancePath:instancePath+"/deploy/timeoutSeconds",schemaPath:"#/properties/deploy/properties/timeoutSeconds/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err84);
errors++;
}
if((typeof data24 == "number") && (isFinite(data24))){
if(data24 > 300 || isNaN(data24)){
const err85 = {instancePath:instancePath+"/deploy/timeoutSeconds",schemaPath:"#/properties/deploy/properties/timeoutSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 300},message:"must be <= 300"};
(vErrors ??= []).push(err85);
errors++;
}
if(data24 < 1 || isNaN(data24)){
const err86 = {instancePath:instancePath+"/deploy/timeoutSeconds",schemaPath:"#/properties/deploy/properties/timeoutSeconds/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err86);
errors++;
}
}
}
else {
const err87 = {instancePath:instancePath+"/deploy",schemaPath:"#/properties/deploy/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err87);
errors++;
}
}
if(data.reload !== undefined){
let data25 = data.reload;
if(data25 && typeof data25 == "object" && !Array.isArray(data25)){
if(data25.timeoutSeconds === undefined){
data25.timeoutSeconds = 60;
}
if(Object.keys(data25).length < 1){
const err88 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/minProperties",keyword:"minProperties",params:{limit: 1},message:"must NOT have fewer than 1 properties"};
(vErrors ??= []).push(err88);
errors++;
}
for(const key5 in data25){
if(!(((key5 === "command") || (key5 === "signal")) || (key5 === "timeoutSeconds"))){
const err89 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties"};
(vErrors ??= []).push(err89);
errors++;
}
}
if(data25.command !== undefined){
let data26 = data25.command;
if(Array.isArray(data26)){
if(data26.length > 100){
const err90 = {instancePath:instancePath+"/reload/command",schemaPath:"#/properties/reload/properties/command/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
(vErrors ??= []).push(err90);
errors++;
}
if(data26.length < 1){
const err91 = {instancePath:instancePath+"/reload/command",schemaPath:"#/properties/reload/properties/command/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
(vErrors ??= []).push(err91);
errors++;
}
const len2 = data26.length;
for(let i3=0; i3<len2; i3++){
let data27 = data26[i3];
if(typeof data27 === "string"){
if(func2(data27) > 4096){
const err92 = {instancePath:instancePath+"/reload/command/" + i3,schemaPath:"#/properties/reload/properties/command/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err92);
errors++;
}
if(func2(data27) < 1){
const err93 = {instancePath:instancePath+"/reload/command/" + i3,schemaPath:"#/properties/reload/properties/command/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err93);
errors++;
}
}
else {
const err94 = {instancePath:instancePath+"/reload/command/" + i3,schemaPath:"#/properties/reload/properties/command/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err94);
errors++;
}
}
}
else {
const err95 = {instancePath:instancePath+"/reload/command",schemaPath:"#/properties/reload/properties/command/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err95);
errors++;
}
}
if(data25.signal !== undefined){
let data28 = data25.signal;
if(data28 && typeof data28 == "object" && !Array.isArray(data28)){
if(data28.name === undefined){
data28.name = "HUP";
}
if(data28.pidFile === undefined){
const err96 = {instancePath:instancePath+"/reload/signal",schemaPath:"#/properties/reload/properties/signal/required",keyword:"required",params:{missingProperty: "pidFile"},message:"must have required property '"+"pidFile"+"'"};
(vErrors ??= []).push(err96);
errors++;
}
for(const key6 in data28){
if(!((key6 === "pidFile") || (key6 === "name"))){
const err97 = {instancePath:instancePath+"/reload/signal",schemaPath:"#/properties/reload/properties/signal/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties"};
(vErrors ??= []).push(err97);
errors++;
}
}
if(data28.pidFile !== undefined){
let data29 = data28.pidFile;
if(typeof data29 === "string"){
if(func2(data29) > 4096){
const err98 = {instancePath:instancePath+"/reload/signal/pidFile",schemaPath:"#/properties/reload/properties/signal/properties/pidFile/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err98);
errors++;
}
if(func2(data29) < 1){
const err99 = {instancePath:instancePath+"/reload/signal/pidFile",schemaPath:"#/properties/reload/properties/signal/properties/pidFile/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err99);
errors++;
}
if(!(formats4.test(data29))){
const err100 = {instancePath:instancePath+"/reload/signal/pidFile",schemaPath:"#/properties/reload/properties/signal/properties/pidFile/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err100);
errors++;
}
}
else {
const err101 = {instancePath:instancePath+"/reload/signal/pidFile",schemaPath:"#/properties/reload/properties/signal/properties/pidFile/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err101);
errors++;
}
}
let data30 = data28.name;
if(!(((data30 === "HUP") || (data30 === "USR1")) || (data30 === "USR2"))){
const err102 = {instancePath:instancePath+"/reload/signal/name",schemaPath:"#/properties/reload/properties/signal/properties/name/enum",keyword:"enum",params:{allowedValues: schema7.properties.reload.properties.signal.properties.name.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err102);
errors++;
}
}
else {
const err103 = {instancePath:instancePath+"/reload/signal",schemaPath:"#/properties/reload/properties/signal/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err103);
errors++;
}
}
let data31 = data25.timeoutSeconds;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
const err104 = {instancePath:instancePath+"/reload/timeoutSeconds",schemaPath:"#/properties/reload/properties/timeoutSeconds/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err104);
errors++;
}
if((typeof data31 == "number") && (isFinite(data31))){
if(data31 > 300 || isNaN(data31)){
const err105 = {instancePath:instancePath+"/reload/timeoutSeconds",schemaPath:"#/properties/reload/properties/timeoutSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 300},message:"must be <= 300"};
(vErrors ??= []).push(err105);
errors++;
}
if(data31 < 1 || isNaN(data31)){
const err106 = {instancePath:instancePath+"/reload/timeoutSeconds",schemaPath:"#/properties/reload/properties/timeoutSeconds/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err106);
errors++;
}
}
}
else {
const err107 = {instancePath:instancePath+"/reload",schemaPath:"#/properties/reload/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err107);
errors++;
}
}
let data32 = data.renewal;
if(data32 && typeof data32 == "object" && !Array.isArray(data32)){
for(const key7 in data32){
if(!((((((((key7 === "enabled") || (key7 === "thresholdDays")) || (key7 === "issuedAfter")) || (key7 === "checkInterval")) || (key7 === "retryInterval")) || (key7 === "maxRetries")) || (key7 === "backoffMultiplier")) || (key7 === "maxBackoff"))){
const err108 = {instancePath:instancePath+"/renewal",schemaPath:"#/properties/renewal/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7},message:"must NOT have additional properties"};
(vErrors ??= []).push(err108);
errors++;
}
}
if(data32.enabled !== undefined){
if(typeof data32.enabled !== "boolean"){
const err109 = {instancePath:instancePath+"/renewal/enabled",schemaPath:"#/properties/renewal/properties/enabled/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err109);
errors++;
}
}
if(data32.thresholdDays !== undefined){
let data34 = data32.thresholdDays;
if(!(((typeof data34 == "number") && (!(data34 % 1) && !isNaN(data34))) && (isFinite(data34)))){
const err110 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err110);
errors++;
}
if((typeof data34 == "number") && (isFinite(data34))){
if(data34 > 365 || isNaN(data34)){
const err111 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 365},message:"must be <= 365"};
(vErrors ??= []).push(err111);
errors++;
}
if(data34 < 1 || isNaN(data34)){
const err112 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err112);
errors++;
}
}
}
if(data32.issuedAfter !== undefined){
let data35 = data32.issuedAfter;
if(typeof data35 === "string"){
if(func2(data35) > 64){
const err113 = {instancePath:instancePath+"/renewal/issuedAfter",schemaPath:"#/properties/renewal/properties/issuedAfter/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err113);
errors++;
}
if(!(formats18.test(data35))){
const err114 = {instancePath:instancePath+"/renewal/issuedAfter",schemaPath:"#/properties/renewal/properties/issuedAfter/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err114);
errors++;
}
}
else {
const err115 = {instancePath:instancePath+"/renewal/issuedAfter",schemaPath:"#/properties/renewal/properties/issuedAfter/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err115);
errors++;
}
}
if(data32.checkInterval !== undefined){
let data36 = data32.checkInterval;
if(typeof data36 === "string"){
if(func2(data36) > 16){
const err116 = {instancePath:instancePath+"/renewal/checkInterval",schemaPath:"#/properties/renewal/properties/checkInterval/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
(vErrors ??= []).push(err116);
errors++;
}
if(!(formats20.test(data36))){
const err117 = {instancePath:instancePath+"/renewal/checkInterval",schemaPath:"#/properties/renewal/properties/checkInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err117);
errors++;
}
}
else {
const err118 = {instancePath:instancePath+"/renewal/checkInterval",schemaPath:"#/properties/renewal/properties/checkInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err118);
errors++;
}
}
if(data32.retryInterval !== undefined){
let data37 = data32.retryInterval;
if(typeof data37 === "string"){
if(func2(data37) > 16){
const err119 = {instancePath:instancePath+"/renewal/retryInterval",schemaPath:"#/properties/renewal/properties/retryInterval/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
(vErrors ??= []).push(err119);
errors++;
}
if(!(formats20.test(data37))){
const err120 = {instancePath:instancePath+"/renewal/retryInterval",schemaPath:"#/properties/renewal/properties/retryInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err120);
errors++;
}
}
else {
const err121 = {instancePath:instancePath+"/renewal/retryInterval",schemaPath:"#/properties/renewal/properties/retryInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err121);
errors++;
}
}
if(data32.maxRetries !== undefined){
let data38 = data32.maxRetries;
if(!(((typeof data38 == "number") && (!(data38 % 1) && !isNaN(data38))) && (isFinite(data38)))){
const err122 = {instancePath:instancePath+"/renewal/maxRetries",schemaPath:"#/properties/renewal/properties/maxRetries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err122);
errors++;
}
if((typeof data38 == "number") && (isFinite(data38))){
if(data38 > 1000 || isNaN(data38)){
const err123 = {instancePath:instancePath+"/renewal/maxRetries",schemaPath:"#/properties/renewal/properties/maxRetries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err123);
errors++;
}
if(data38 < 0 || isNaN(data38)){
const err124 = {instancePath:instancePath+"/renewal/maxRetries",schemaPath:"#/properties/renewal/properties/maxRetries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err124);
errors++;
}
}
}
if(data32.backoffMultiplier !== undefined){
let data39 = data32.backoffMultiplier;
if((typeof data39 == "number") && (isFinite(data39))){
if(data39 > 100 || isNaN(data39)){
const err125 = {instancePath:instancePath+"/renewal/backoffMultiplier",schemaPath:"#/properties/renewal/properties/backoffMultiplier/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
(vErrors ??= []).push(err125);
errors++;
}
if(data39 < 1 || isNaN(data39)){
const err126 = {instancePath:instancePath+"/renewal/backoffMultiplier",schemaPath:"#/properties/renewal/properties/backoffMultiplier/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err126);
errors++;
}
}
else {
const err127 = {instancePath:instancePath+"/renewal/backoffMultiplier",schemaPath:"#/properties/renewal/properties/backoffMultiplier/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err127);
errors++;
}
}
if(data32.maxBackoff !== undefined){
let data40 = data32.maxBackoff;
if(typeof data40 === "string"){
if(func2(data40) > 16){
const err128 = {instancePath:instancePath+"/renewal/maxBackoff",schemaPath:"#/properties/renewal/properties/maxBackoff/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
(vErrors ??= []).push(err128);
errors++;
}
if(!(formats20.test(data40))){
const err129 = {instancePath:instancePath+"/renewal/maxBackoff",schemaPath:"#/properties/renewal/properties/maxBackoff/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err129);
errors++;
}
}
else {
const err130 = {instancePath:instancePath+"/renewal/maxBackoff",schemaPath:"#/properties/renewal/properties/maxBackoff/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err130);
errors++;
}
}
}
else {
const err131 = {instancePath:instancePath+"/renewal",schemaPath:"#/properties/renewal/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err131);
errors++;
}
let data41 = data.recovery;
if(data41 && typeof data41 == "object" && !Array.isArray(data41)){
for(const key8 in data41){
if(!(((((key8 === "enabled") || (key8 === "retryInterval")) || (key8 === "maxRetries")) || (key8 === "backoffMultiplier")) || (key8 === "maxBackoff"))){
const err132 = {instancePath:instancePath+"/recovery",schemaPath:"#/properties/recovery/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},message:"must NOT have additional properties"};
(vErrors ??= []).push(err132);
errors++;
}
}
if(data41.enabled !== undefined){
if(typeof data41.enabled !== "boolean"){
const err133 = {instancePath:instancePath+"/recovery/enabled",schemaPath:"#/properties/recovery/properties/enabled/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err133);
errors++;
}
}
if(data41.retryInterval !== undefined){
let data43 = data41.retryInterval;
if(typeof data43 === "string"){
if(func2(data43) > 16){
const err134 = {instancePath:instancePath+"/recovery/retryInterval",schemaPath:"#/properties/recovery/properties/retryInterval/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
(vErrors ??= []).push(err134);
errors++;
}
if(!(formats20.test(data43))){
const err135 = {instancePath:instancePath+"/recovery/retryInterval",schemaPath:"#/properties/recovery/properties/retryInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err135);
errors++;
}
}
else {
const err136 = {instancePath:instancePath+"/recovery/retryInterval",schemaPath:"#/properties/recovery/properties/retryInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err136);
errors++;
}
}
if(data41.maxRetries !== undefined){
let data44 = data41.maxRetries;
if(!(((typeof data44 == "number") && (!(data44 % 1) && !isNaN(data44))) && (isFinite(data44)))){
const err137 = {instancePath:instancePath+"/recovery/maxRetries",schemaPath:"#/properties/recovery/properties/maxRetries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err137);
errors++;
}
if((typeof data44 == "number") && (isFinite(data44))){
if(data44 > 1000 || isNaN(data44)){
const err138 = {instancePath:instancePath+"/recovery/maxRetries",schemaPath:"#/properties/recovery/properties/maxRetries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err138);
errors++;
}
if(data44 < 0 || isNaN(data44)){
const err139 = {instancePath:instancePath+"/recovery/maxRetries",schemaPath:"#/properties/recovery/properties/maxRetries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err139);
errors++;
}
}
}
if(data41.backoffMultiplier !== undefined){
let data45 = data41.backoffMultiplier;
if((typeof data45 == "number") && (isFinite(data45))){
if(data45 > 100 || isNaN(data45)){
const err140 = {instancePath:instancePath+"/recovery/backoffMultiplier",schemaPath:"#/properties/recovery/properties/backoffMultiplier/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
(vErrors ??= []).push(err140);
errors++;
}
if(data45 < 1 || isNaN(data45)){
const err141 = {instancePath:instancePath+"/recovery/backoffMultiplier",schemaPath:"#/properties/recovery/properties/backoffMultiplier/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err141);
errors++;
}
}
else {
const err142 = {instancePath:instancePath+"/recovery/backoffMultiplier",schemaPath:"#/properties/recovery/properties/backoffMultiplier/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err142);
errors++;
}
}
if(data41.maxBackoff !== undefined){
let data46 = data41.maxBackoff;
if(typeof data46 === "string"){
if(func2(data46) > 16){
const err143 = {instancePath:instancePath+"/recovery/maxBackoff",schemaPath:"#/properties/recovery/properties/maxBackoff/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
(vErrors ??= []).push(err143);
errors++;
}
if(!(formats20.test(data46))){
const err144 = {instancePath:instancePath+"/recovery/maxBackoff",schemaPath:"#/properties/recovery/properties/maxBackoff/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err144);
errors++;
}
}
else {
const err145 = {instancePath:instancePath+"/recovery/maxBackoff",schemaPath:"#/properties/recovery/properties/maxBackoff/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err145);
errors++;
}
}
}
else {
const err146 = {instancePath:instancePath+"/recovery",schemaPath:"#/properties/recovery/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err146);
errors++;
}
let data47 = data.served;
if(data47 && typeof data47 == "object" && !Array.isArray(data47)){
for(const key9 in data47){
if(!(((((key9 === "withinSeconds") || (key9 === "retryInterval")) || (key9 === "maxRetries")) || (key9 === "backoffMultiplier")) || (key9 === "maxBackoff"))){
const err147 = {instancePath:instancePath+"/served",schemaPath:"#/properties/served/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9},message:"must NOT have additional properties"};
(vErrors ??= []).push(err147);
errors++;
}
}
if(data47.withinSeconds !== undefined){
let data48 = data47.withinSeconds;
if(!(((typeof data48 == "number") && (!(data48 % 1) && !isNaN(data48))) && (isFinite(data48)))){
const err148 = {instancePath:instancePath+"/served/withinSeconds",schemaPath:"#/properties/served/properties/withinSeconds/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err148);
errors++;
}
if((typeof data48 == "number") && (isFinite(data48))){
if(data48 > 120 || isNaN(data48)){
const err149 = {instancePath:instancePath+"/served/withinSeconds",schemaPath:"#/properties/served/properties/withinSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 120},message:"must be <= 120"};
(vErrors ??= []).push(err149);
errors++;
}
if(data48 < 1 || isNaN(data48)){
const err150 = {instancePath:instancePath+"/served/withinSeconds",schemaPath:"#/properties/served/properties/withinSeconds/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err150);
errors++;
}
}
}
if(data47.retryInterval !== undefined){
let data49 = data47.retryInterval;
if(typeof data49 === "string"){
if(func2(data49) > 16){
const err151 = {instancePath:instancePath+"/served/retryInterval",schemaPath:"#/properties/served/properties/retryInterval/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
(vErrors ??= []).push(err151);
errors++;
}
if(!(formats20.test(data49))){
const err152 = {instancePath:instancePath+"/served/retryInterval",schemaPath:"#/properties/served/properties/retryInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err152);
errors++;
}
}
else {
const err153 = {instancePath:instancePath+"/served/retryInterval",schemaPath:"#/properties/served/properties/retryInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err153);
errors++;
}
}
if(data47.maxRetries !== undefined){
let data50 = data47.maxRetries;
if(!(((typeof data50 == "number") && (!(data50 % 1) && !isNaN(data50))) && (isFinite(data50)))){
const err154 = {instancePath:instancePath+"/served/maxRetries",schemaPath:"#/properties/served/properties/maxRetries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err154);
errors++;
}
if((typeof data50 == "number") && (isFinite(data50))){
if(data50 > 1000 || isNaN(data50)){
const err155 = {instancePath:instancePath+"/served/maxRetries",schemaPath:"#/properties/served/properties/maxRetries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err155);
errors++;
}
if(data50 < 0 || isNaN(data50)){
const err156 = {instancePath:instancePath+"/served/maxRetries",schemaPath:"#/properties/served/properties/maxRetries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err156);
errors++;
}
}
}
if(data47.backoffMultiplier !== undefined){
let data51 = data47.backoffMultiplier;
if((typeof data51 == "number") && (isFinite(data51))){
if(data51 > 100 || isNaN(data51)){
const err157 = {instancePath:instancePath+"/served/backoffMultiplier",schemaPath:"#/properties/served/properties/backoffMultiplier/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
(vErrors ??= []).push(err157);
errors++;
}
if(data51 < 1 || isNaN(data51)){
const err158 = {instancePath:instancePath+"/served/backoffMultiplier",schemaPath:"#/properties/served/properties/backoffMultiplier/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err158);
errors++;
}
}
else {
const err159 = {instancePath:instancePath+"/served/backoffMultiplier",schemaPath:"#/properties/served/properties/backoffMultiplier/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err159);
errors++;
}
}
if(data47.maxBackoff !== undefined){
let data52 = data47.maxBackoff;
if(typeof data52 === "string"){
if(func2(data52) > 16){
const err160 = {instancePath:instancePath+"/served/maxBackoff",schemaPath:"#/properties/served/properties/maxBackoff/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"};
(vErrors ??= []).push(err160);
errors++;
}
if(!(formats20.test(data52))){
const err161 = {instancePath:instancePath+"/served/maxBackoff",schemaPath:"#/properties/served/properties/maxBackoff/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err161);
errors++;
}
}
else {
const err162 = {instancePath:instancePath+"/served/maxBackoff",schemaPath:"#/properties/served/properties/maxBackoff/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err162);
errors++;
}
}
}
else {
const err163 = {instancePath:instancePath+"/served",schemaPath:"#/properties/served/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err163);
errors++;
}
}
else {
const err164 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err164);
errors++;
}
validate22.errors = vErrors;
return errors === 0;
}
const schema8 = {"type":"object","additionalProperties":false,"required":["host"],"properties":{"host":{"type":"string","minLength":1,"maxLength":253,"format":"host-name","description":"Name for SNI; the certificate must be valid for it."},"address":{"type":"string","minLength":1,"maxLength":253,"description":"Address to connect to, instead of resolving the host."},"port":{"type":"integer","minimum":1,"maximum":65535,"default":443,"description":"TCP port."},"startTls":{"enum":["smtp","imap","postgres"],"description":"Protocol whose STARTTLS comes first. By default, TLS starts at once."},"tlsMode":{"enum":["termination","passthrough"],"default":"termination","description":"`passthrough`: another party manages the certificate; its problems are only reported."},"verify":{"type":"boolean","default":true,"description":"Requires a certificate that clients accept. With `false`, only the days left count."},"verified":{"type":["boolean","object"],"default":true,"additionalProperties":false,"required":["txt"],"description":"Whether the host is verified as yours; an unverified host is not probed. With `txt`, a DNS TXT record verifies it.","properties":{"txt":{"type":"string","minLength":1,"maxLength":255,"format":"plain-text","description":"Text of the record."},"name":{"type":"string","minLength":1,"maxLength":253,"description":"Name of the record; by default `_fettle-verify.` and the host."}}},"route":{"type":["string","object"],"pattern":"^none$","additionalProperties":false,"description":"Target of the host: `none`, or a target; by default the host's own addresses.","properties":{"target":{"type":"string","minLength":1,"maxLength":253,"description":"Name or address to connect to, if `address` is not set."},"region":{"type":"string","minLength":1,"maxLength":63,"format":"plain-text","description":"Region of the target."}}},"failurePolicy":{"enum":["standard","strict","hold"],"default":"standard","description":"Intervals at which `drift --record` refreshes a failing Domain: from 1 minute doubling to 6 hours, from 5 minutes to 12 hours, or from 10 minutes to a day. Other commands always refresh."},"expiryWarnDays":{"type":"integer","minimum":0,"maximum":3650,"default":30,"description":"Days left from which the certificate counts as expiring."},"certificate":{"type":"string","minLength":1,"maxLength":253,"x-ref":"Certificate","description":"Name of the Certificate that should be served here."},"trust":{"type":"array","maxItems":20,"description":"PEM files with further trust anchors, relative to the document. A file that is missing or has no PEM certificate is a finding.","items":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"read"}}}};
const formats34 = /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u;
const formats36 = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
const pattern4 = new RegExp("^none$", "u");
function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.port === undefined){
data.port = 443;
}
if(data.tlsMode === undefined){
data.tlsMode = "termination";
}
if(data.verify === undefined){
data.verify = true;
}
if(data.verified === undefined){
data.verified = true;
}
if(data.failurePolicy === undefined){
data.failurePolicy = "standard";
}
if(data.expiryWarnDays === undefined){
data.expiryWarnDays = 30;
}
if(data.host === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "host"},message:"must have required property '"+"host"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
for(const key0 in data){
if(!(func6.call(schema8.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.host !== undefined){
let data0 = data.host;
if(typeof data0 === "string"){
if(func2(data0) > 253){
const err2 = {instancePath:instancePath+"/host",schemaPath:"#/properties/host/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err2);
errors++;
}
if(func2(data0) < 1){
const err3 = {instancePath:instancePath+"/host",schemaPath:"#/properties/host/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err3);
errors++;
}
if(!(formats34.test(data0))){
const err4 = {instancePath:instancePath+"/host",schemaPath:"#/properties/host/format",keyword:"format",params:{format: "host-name"},message:"must match format \""+"host-name"+"\""};
(vErrors ??= []).push(err4);
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/host",schemaPath:"#/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data.address !== undefined){
let data1 = data.address;
if(typeof data1 === "string"){
if(func2(data1) > 253){
const err6 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err6);
errors++;
}
if(func2(data1) < 1){
const err7 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err7);
errors++;
}
}
else {
const err8 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err8);
errors++;
}
}
let data2 = data.port;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err9 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err9);
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 65535 || isNaN(data2)){
const err10 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
(vErrors ??= []).push(err10);
errors++;
}
if(data2 < 1 || isNaN(data2)){
const err11 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err11);
errors++;
}
}
if(data.startTls !== undefined){
let data3 = data.startTls;
if(!(((data3 === "smtp") || (data3 === "imap")) || (data3 === "postgres"))){
const err12 = {instancePath:instancePath+"/startTls",schemaPath:"#/properties/startTls/enum",keyword:"enum",params:{allowedValues: schema8.properties.startTls.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err12);
errors++;
}
}
let data4 = data.tlsMode;
if(!((data4 === "termination") || (data4 === "passthrough"))){
const err13 = {instancePath:instancePath+"/tlsMode",schemaPath:"#/properties/tlsMode/enum",keyword:"enum",params:{allowedValues: schema8.properties.tlsMode.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err13);
errors++;
}
if(typeof data.verify !== "boolean"){
const err14 = {instancePath:instancePath+"/verify",schemaPath:"#/properties/verify/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err14);
errors++;
}
let data6 = data.verified;
if((typeof data6 !== "boolean") && (!(data6 && typeof data6 == "object" && !Array.isArray(data6)))){
const err15 = {instancePath:instancePath+"/verified",schemaPath:"#/properties/verified/type",keyword:"type",params:{type: schema8.properties.verified.type},message:"must be boolean,object"};
(vErrors ??= []).push(err15);
errors++;
}
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(data6.txt === undefined){
const err16 = {instancePath:instancePath+"/verified",schemaPath:"#/properties/verified/required",keyword:"required",params:{missingProperty: "txt"},message:"must have required property '"+"txt"+"'"};
(vErrors ??= []).push(err16);
errors++;
}
for(const key1 in data6){
if(!((key1 === "txt") || (key1 === "name"))){
const err17 = {instancePath:instancePath+"/verified",schemaPath:"#/properties/verified/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err17);
errors++;
}
}
if(data6.txt !== undefined){
let data7 = data6.txt;
if(typeof data7 === "string"){
if(func2(data7) > 255){
const err18 = {instancePath:instancePath+"/verified/txt",schemaPath:"#/properties/verified/properties/txt/maxLength",keyword:"maxLength",params:{limit: 255},message:"must NOT have more than 255 characters"};
(vErrors ??= []).push(err18);
errors++;
}
if(func2(data7) < 1){
const err19 = {instancePath:instancePath+"/verified/txt",schemaPath:"#/properties/verified/properties/txt/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err19);
errors++;
}
if(!(formats36.test(data7))){
const err20 = {instancePath:instancePath+"/verified/txt",schemaPath:"#/properties/verified/properties/txt/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err20);
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/verified/txt",schemaPath:"#/properties/verified/properties/txt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err21);
errors++;
}
}
if(data6.name !== undefined){
let data8 = data6.name;
if(typeof data8 === "string"){
if(func2(data8) > 253){
const err22 = {instancePath:instancePath+"/verified/name",schemaPath:"#/properties/verified/properties/name/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err22);
errors++;
}
if(func2(data8) < 1){
const err23 = {instancePath:instancePath+"/verified/name",schemaPath:"#/properties/verified/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err23);
errors++;
}
}
else {
const err24 = {instancePath:instancePath+"/verified/name",schemaPath:"#/properties/verified/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err24);
errors++;
}
}
}
if(data.route !== undefined){
let data9 = data.route;
if((typeof data9 !== "string") && (!(data9 && typeof data9 == "object" && !Array.isArray(data9)))){
const err25 = {instancePath:instancePath+"/route",schemaPath:"#/properties/route/type",keyword:"type",params:{type: schema8.properties.route.type},message:"must be string,object"};
(vErrors ??= []).push(err25);
errors++;
}
if(typeof data9 === "string"){
if(!pattern4.test(data9)){
const err26 = {instancePath:instancePath+"/route",schemaPath:"#/properties/route/pattern",keyword:"pattern",params:{pattern: "^none$"},message:"must match pattern \""+"^none$"+"\""};
(vErrors ??= []).push(err26);
errors++;
}
}
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
for(const key2 in data9){
if(!((key2 === "target") || (key2 === "region"))){
const err27 = {instancePath:instancePath+"/route",schemaPath:"#/properties/route/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err27);
errors++;
}
}
if(data9.target !== undefined){
let data10 = data9.target;
if(typeof data10 === "string"){
if(func2(data10) > 253){
const err28 = {instancePath:instancePath+"/route/target",schemaPath:"#/properties/route/properties/target/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err28);
errors++;
}
if(func2(data10) < 1){
const err29 = {instancePath:instancePath+"/route/target",schemaPath:"#/properties/route/properties/target/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err29);
errors++;
}
}
else {
const err30 = {instancePath:instancePath+"/route/target",schemaPath:"#/properties/route/properties/target/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err30);
errors++;
}
}
if(data9.region !== undefined){
let data11 = data9.region;
if(typeof data11 === "string"){
if(func2(data11) > 63){
const err31 = {instancePath:instancePath+"/route/region",schemaPath:"#/properties/route/properties/region/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err31);
errors++;
}
if(func2(data11) < 1){
const err32 = {instancePath:instancePath+"/route/region",schemaPath:"#/properties/route/properties/region/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err32);
errors++;
}
if(!(formats36.test(data11))){
const err33 = {instancePath:instancePath+"/route/region",schemaPath:"#/properties/route/properties/region/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err33);
errors++;
}
}
else {
const err34 = {instancePath:instancePath+"/route/region",schemaPath:"#/properties/route/properties/region/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err34);
errors++;
}
}
}
}
let data12 = data.failurePolicy;
if(!(((data12 === "standard") || (data12 === "strict")) || (data12 === "hold"))){
const err35 = {instancePath:instancePath+"/failurePolicy",schemaPath:"#/properties/failurePolicy/enum",keyword:"enum",params:{allowedValues: schema8.properties.failurePolicy.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err35);
errors++;
}
let data13 = data.expiryWarnDays;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err36 = {instancePath:instancePath+"/expiryWarnDays",schemaPath:"#/properties/expiryWarnDays/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err36);
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 3650 || isNaN(data13)){
const err37 = {instancePath:instancePath+"/expiryWarnDays",schemaPath:"#/properties/expiryWarnDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},message:"must be <= 3650"};
(vErrors ??= []).push(err37);
errors++;
}
if(data13 < 0 || isNaN(data13)){
const err38 = {instancePath:instancePath+"/expiryWarnDays",schemaPath:"#/properties/expiryWarnDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err38);
errors++;
}
}
if(data.certificate !== undefined){
let data14 = data.certificate;
if(typeof data14 === "string"){
if(func2(data14) > 253){
const err39 = {instancePath:instancePath+"/certificate",schemaPath:"#/properties/certificate/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err39);
errors++;
}
if(func2(data14) < 1){
const err40 = {instancePath:instancePath+"/certificate",schemaPath:"#/properties/certificate/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err40);
errors++;
}
}
else {
const err41 = {instancePath:instancePath+"/certificate",schemaPath:"#/properties/certificate/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err41);
errors++;
}
}
if(data.trust !== undefined){
let data15 = data.trust;
if(Array.isArray(data15)){
if(data15.length > 20){
const err42 = {instancePath:instancePath+"/trust",schemaPath:"#/properties/trust/maxItems",keyword:"maxItems",params:{limit: 20},message:"must NOT have more than 20 items"};
(vErrors ??= []).push(err42);
errors++;
}
const len0 = data15.length;
for(let i0=0; i0<len0; i0++){
let data16 = data15[i0];
if(typeof data16 === "string"){
if(func2(data16) > 4096){
const err43 = {instancePath:instancePath+"/trust/" + i0,schemaPath:"#/properties/trust/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err43);
errors++;
}
if(func2(data16) < 1){
const err44 = {instancePath:instancePath+"/trust/" + i0,schemaPath:"#/properties/trust/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err44);
errors++;
}
if(!(formats4.test(data16))){
const err45 = {instancePath:instancePath+"/trust/" + i0,schemaPath:"#/properties/trust/items/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err45);
errors++;
}
}
else {
const err46 = {instancePath:instancePath+"/trust/" + i0,schemaPath:"#/properties/trust/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err46);
errors++;
}
}
}
else {
const err47 = {instancePath:instancePath+"/trust",schemaPath:"#/properties/trust/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err47);
errors++;
}
}
}
else {
const err48 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err48);
errors++;
}
validate23.errors = vErrors;
return errors === 0;
}
const schema9 = {"type":"object","additionalProperties":false,"properties":{"fingerprint":{"type":"string","description":"SHA-256 of the authority's certificate, `sha256:` and 64 hex digits."},"began":{"type":"boolean","description":"A creation was interrupted here: pending files belong to it."}}};
function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((key0 === "fingerprint") || (key0 === "began"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
if(data.fingerprint !== undefined){
if(typeof data.fingerprint !== "string"){
const err1 = {instancePath:instancePath+"/fingerprint",schemaPath:"#/properties/fingerprint/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.began !== undefined){
if(typeof data.began !== "boolean"){
const err2 = {instancePath:instancePath+"/began",schemaPath:"#/properties/began/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err2);
errors++;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err3);
errors++;
}
validate24.errors = vErrors;
return errors === 0;
}
const schema10 = {"type":"object","additionalProperties":false,"properties":{"fingerprint":{"type":"string","description":"SHA-256 of the certificate at the last refresh."},"notAfter":{"type":"string","description":"End of its validity, ISO 8601."},"issued":{"type":"integer","description":"Number of times the certificate was issued or renewed."},"issuedAt":{"type":"string","description":"Time of the last issue, ISO 8601."},"made":{"type":"string","description":"Fingerprint of the last issued certificate."},"former":{"type":"array","maxItems":5,"items":{"type":"string","maxLength":71},"description":"Fingerprints of earlier stored certificates, the newest first."},"checkedAt":{"type":"string","description":"Time of the last refresh, ISO 8601; recorded once in `checkInterval`."},"reloaded":{"type":"string","description":"Fingerprint of the stored certificate at the last reload of its service."},"unserved":{"type":"string","description":"Fingerprint of a certificate that was not served after a reload, or empty."},"unservedTries":{"type":"integer","description":"Number of such reloads in a row."},"unservedAt":{"type":"string","description":"Time of the last one, ISO 8601."},"servers":{"type":"array","maxItems":20,"description":"Servers that served the certificate at a refresh.","items":{"type":"object","additionalProperties":false,"required":["host","port"],"properties":{"host":{"type":"string","maxLength":253},"address":{"type":"string","maxLength":253},"port":{"type":"integer"},"startTls":{"enum":["smtp","imap","postgres"]}}}},"issuer":{"type":"string","description":"Fingerprint of the authority that signed the certificate."},"key":{"type":"string","description":"SHA-256 of the public key of the pair that fettle made or adopted."},"places":{"type":"array","maxItems":10,"items":{"type":"string","maxLength":4096},"description":"Files that fettle wrote, or adopted in a usable state; fettle replaces no others."},"began":{"type":"boolean","description":"A swap was interrupted here: the pending files belong to it."}}};
function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func6.call(schema10.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
if(data.fingerprint !== undefined){
if(typeof data.fingerprint !== "string"){
const err1 = {instancePath:instancePath+"/fingerprint",schemaPath:"#/properties/fingerprint/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.notAfter !== undefined){
if(typeof data.notAfter !== "string"){
const err2 = {instancePath:instancePath+"/notAfter",schemaPath:"#/properties/notAfter/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err2);
errors++;
}
}
if(data.issued !== undefined){
let data2 = data.issued;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err3 = {instancePath:instancePath+"/issued",schemaPath:"#/properties/issued/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err3);
errors++;
}
}
if(data.issuedAt !== undefined){
if(typeof data.issuedAt !== "string"){
const err4 = {instancePath:instancePath+"/issuedAt",schemaPath:"#/properties/issuedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err4);
errors++;
}
}
if(data.made !== undefined){
if(typeof data.made !== "string"){
const err5 = {instancePath:instancePath+"/made",schemaPath:"#/properties/made/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data.former !== undefined){
let data5 = data.former;
if(Array.isArray(data5)){
if(data5.length > 5){
const err6 = {instancePath:instancePath+"/former",schemaPath:"#/properties/former/maxItems",keyword:"maxItems",params:{limit: 5},message:"must NOT have more than 5 items"};
(vErrors ??= []).push(err6);
errors++;
}
const len0 = data5.length;
for(let i0=0; i0<len0; i0++){
let data6 = data5[i0];
if(typeof data6 === "string"){
if(func2(data6) > 71){
const err7 = {instancePath:instancePath+"/former/" + i0,schemaPath:"#/properties/former/items/maxLength",keyword:"maxLength",params:{limit: 71},message:"must NOT have more than 71 characters"};
(vErrors ??= []).push(err7);
errors++;
}
}
else {
const err8 = {instancePath:instancePath+"/former/" + i0,schemaPath:"#/properties/former/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err8);
errors++;
}
}
}
else {
const err9 = {instancePath:instancePath+"/former",schemaPath:"#/properties/former/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err9);
errors++;
}
}
if(data.checkedAt !== undefined){
if(typeof data.checkedAt !== "string"){
const err10 = {instancePath:instancePath+"/checkedAt",schemaPath:"#/properties/checkedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err10);
errors++;
}
}
if(data.reloaded !== undefined){
if(typeof data.reloaded !== "string"){
const err11 = {instancePath:instancePath+"/reloaded",schemaPath:"#/properties/reloaded/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err11);
errors++;
}
}
if(data.unserved !== undefined){
if(typeof data.unserved !== "string"){
const err12 = {instancePath:instancePath+"/unserved",schemaPath:"#/properties/unserved/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err12);
errors++;
}
}
if(data.unservedTries !== undefined){
let data10 = data.unservedTries;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
const err13 = {instancePath:instancePath+"/unservedTries",schemaPath:"#/properties/unservedTries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err13);
errors++;
}
}
if(data.unservedAt !== undefined){
if(typeof data.unservedAt !== "string"){
const err14 = {instancePath:instancePath+"/unservedAt",schemaPath:"#/properties/unservedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err14);
errors++;
}
}
if(data.servers !== undefined){
let data12 = data.servers;
if(Array.isArray(data12)){
if(data12.length > 20){
const err15 = {instancePath:instancePath+"/servers",schemaPath:"#/properties/servers/maxItems",keyword:"maxItems",params:{limit: 20},message:"must NOT have more than 20 items"};
(vErrors ??= []).push(err15);
errors++;
}
const len1 = data12.length;
for(let i1=0; i1<len1; i1++){
let data13 = data12[i1];
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
if(data13.host === undefined){
const err16 = {instancePath:instancePath+"/servers/" + i1,schemaPath:"#/properties/servers/items/required",keyword:"required",params:{missingProperty: "host"},message:"must have required property '"+"host"+"'"};
(vErrors ??= []).push(err16);
errors++;
}
if(data13.port === undefined){
const err17 = {instancePath:instancePath+"/servers/" + i1,schemaPath:"#/properties/servers/items/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'"};
(vErrors ??= []).push(err17);
errors++;
}
for(const key1 in data13){
if(!((((key1 === "host") || (key1 === "address")) || (key1 === "port")) || (key1 === "startTls"))){
const err18 = {instancePath:instancePath+"/servers/" + i1,schemaPath:"#/properties/servers/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err18);
errors++;
}
}
if(data13.host !== undefined){
let data14 = data13.host;
if(typeof data14 === "string"){
if(func2(data14) > 253){
const err19 = {instancePath:instancePath+"/servers/" + i1+"/host",schemaPath:"#/properties/servers/items/properties/host/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err19);
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/servers/" + i1+"/host",schemaPath:"#/properties/servers/items/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err20);
errors++;
}
}
if(data13.address !== undefined){
let data15 = data13.address;
if(typeof data15 === "string"){
if(func2(data15) > 253){
const err21 = {instancePath:instancePath+"/servers/" + i1+"/address",schemaPath:"#/properties/servers/items/properties/address/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err21);
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/servers/" + i1+"/address",schemaPath:"#/properties/servers/items/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err22);
errors++;
}
}
if(data13.port !== undefined){
let data16 = data13.port;
if(!(((typeof data16 == "number") && (!(data16 % 1) && !isNaN(data16))) && (isFinite(data16)))){
const err23 = {instancePath:instancePath+"/servers/" + i1+"/port",schemaPath:"#/properties/servers/items/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err23);
errors++;
}
}
if(data13.startTls !== undefined){
let data17 = data13.startTls;
if(!(((data17 === "smtp") || (data17 === "imap")) || (data17 === "postgres"))){
const err24 = {instancePath:instancePath+"/servers/" + i1+"/startTls",schemaPath:"#/properties/servers/items/properties/startTls/enum",keyword:"enum",params:{allowedValues: schema10.properties.servers.items.properties.startTls.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err24);
errors++;
}
}
}
else {
const err25 = {instancePath:instancePath+"/servers/" + i1,schemaPath:"#/properties/servers/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err25);
errors++;
}
}
}
else {
const err26 = {instancePath:instancePath+"/servers",schemaPath:"#/properties/servers/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err26);
errors++;
}
}
if(data.issuer !== undefined){
if(typeof data.issuer !== "string"){
const err27 = {instancePath:instancePath+"/issuer",schemaPath:"#/properties/issuer/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err27);
errors++;
}
}
if(data.key !== undefined){
if(typeof data.key !== "string"){
const err28 = {instancePath:instancePath+"/key",schemaPath:"#/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err28);
errors++;
}
}
if(data.places !== undefined){
let data20 = data.places;
if(Array.isArray(data20)){
if(data20.length > 10){
const err29 = {instancePath:instancePath+"/places",schemaPath:"#/properties/places/maxItems",keyword:"maxItems",params:{limit: 10},message:"must NOT have more than 10 items"};
(vErrors ??= []).push(err29);
errors++;
}
const len2 = data20.length;
for(let i2=0; i2<len2; i2++){
let data21 = data20[i2];
if(typeof data21 === "string"){
if(func2(data21) > 4096){
const err30 = {instancePath:instancePath+"/places/" + i2,schemaPath:"#/properties/places/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err30);
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/places/" + i2,schemaPath:"#/properties/places/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err31);
errors++;
}
}
}
else {
const err32 = {instancePath:instancePath+"/places",schemaPath:"#/properties/places/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err32);
errors++;
}
}
if(data.began !== undefined){
if(typeof data.began !== "boolean"){
const err33 = {instancePath:instancePath+"/began",schemaPath:"#/properties/began/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err33);
errors++;
}
}
}
else {
const err34 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err34);
errors++;
}
validate25.errors = vErrors;
return errors === 0;
}
const schema11 = {"type":"object","additionalProperties":false,"properties":{"fingerprint":{"type":"string","description":"SHA-256 of the last served certificate."},"notAfter":{"type":"string","description":"End of its validity, ISO 8601."},"error":{"type":"string","description":"Class of the last error."},"message":{"type":"string","description":"Text of the last error."},"target":{"type":"string","description":"Address that was probed."},"failures":{"type":"integer","description":"Failed probes since the last good one."},"failedAt":{"type":"string","description":"Time of the last one, ISO 8601."},"retryAt":{"type":"string","description":"Time of the next scheduled probe, ISO 8601."}}};
function validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((((key0 === "fingerprint") || (key0 === "notAfter")) || (key0 === "error")) || (key0 === "message")) || (key0 === "target")) || (key0 === "failures")) || (key0 === "failedAt")) || (key0 === "retryAt"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
if(data.fingerprint !== undefined){
if(typeof data.fingerprint !== "string"){
const err1 = {instancePath:instancePath+"/fingerprint",schemaPath:"#/properties/fingerprint/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.notAfter !== undefined){
if(typeof data.notAfter !== "string"){
const err2 = {instancePath:instancePath+"/notAfter",schemaPath:"#/properties/notAfter/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err2);
errors++;
}
}
if(data.error !== undefined){
if(typeof data.error !== "string"){
const err3 = {instancePath:instancePath+"/error",schemaPath:"#/properties/error/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err3);
errors++;
}
}
if(data.message !== undefined){
if(typeof data.message !== "string"){
const err4 = {instancePath:instancePath+"/message",schemaPath:"#/properties/message/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err4);
errors++;
}
}
if(data.target !== undefined){
if(typeof data.target !== "string"){
const err5 = {instancePath:instancePath+"/target",schemaPath:"#/properties/target/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data.failures !== undefined){
let data5 = data.failures;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err6 = {instancePath:instancePath+"/failures",schemaPath:"#/properties/failures/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err6);
errors++;
}
}
if(data.failedAt !== undefined){
if(typeof data.failedAt !== "string"){
const err7 = {instancePath:instancePath+"/failedAt",schemaPath:"#/properties/failedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err7);
errors++;
}
}
if(data.retryAt !== undefined){
if(typeof data.retryAt !== "string"){
const err8 = {instancePath:instancePath+"/retryAt",schemaPath:"#/properties/retryAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err8);
errors++;
}
}
}
else {
const err9 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err9);
errors++;
}
validate26.errors = vErrors;
return errors === 0;
}
const schema12 = {"type":"object","additionalProperties":false,"properties":{"parallelism":{"type":"integer","minimum":1,"maximum":1000,"default":8,"description":"How many actions of this plugin run at once."},"probe":{"type":"object","additionalProperties":false,"default":{},"description":"Limits of the probes of TLS servers.","properties":{"concurrency":{"type":"integer","minimum":1,"maximum":1000,"default":100,"x-decides":false,"description":"Probes at once."},"connectSeconds":{"type":"number","exclusiveMinimum":0,"maximum":60,"default":5,"x-decides":false,"description":"Deadline of the TCP connection."},"handshakeSeconds":{"type":"number","exclusiveMinimum":0,"maximum":60,"default":5,"x-decides":false,"description":"Deadline of the TLS handshake."},"totalSeconds":{"type":"number","exclusiveMinimum":0,"maximum":120,"default":10,"x-decides":false,"description":"Deadline of the whole probe of one address, and of resolving a name."},"allow":{"type":"array","maxItems":1000,"uniqueItems":true,"default":[],"x-decides":false,"description":"Always empty: exceptions to denied networks come from the environment variable `FETTLE_ALLOW_NETWORKS` alone.","items":{"type":"string","minLength":1,"maxLength":64}},"deny":{"type":"array","maxItems":1000,"uniqueItems":true,"default":[],"x-decides":["Certificate"],"description":"Networks that fettle never connects to, even if a name resolves to them, in every form in which IPv6 embeds an IPv4 address. Link-local, multicast and unspecified networks and the metadata addresses of clouds are always denied, unless the environment variable `FETTLE_ALLOW_NETWORKS` names the same network or a narrower one. The narrowest network decides; of two equal ones, `deny` does.","items":{"type":"string","minLength":1,"maxLength":64}},"resolvers":{"type":"array","maxItems":10,"uniqueItems":true,"x-decides":["Certificate"],"description":"DNS servers to ask instead of the resolver of this machine.","items":{"type":"string","minLength":1,"maxLength":64}}}},"renewal":{"type":"object","additionalProperties":false,"default":{},"x-decides":false,"description":"How Certificates are renewed whose documents do not say it themselves.","properties":{"enabled":{"type":"boolean","default":true,"description":"Whether they are renewed; without it, that one is due is only told."},"thresholdDays":{"type":"integer","minimum":1,"maximum":365,"default":30,"description":"A renewal is due when so many days are left, or a third of the lifetime, whichever is less."},"checkInterval":{"type":"string","format":"duration","default":"24h","description":"How often it is written down that one was looked at, where nothing else is new; at least 1h."},"retryInterval":{"type":"string","format":"duration","default":"1h","description":"From a failed renewal to the next one; at least 1m."},"maxRetries":{"type":"integer","minimum":0,"maximum":1000,"default":10,"description":"After so many failed renewals in a row, and after the first one at the earliest, nothing more is tried until the document changes, or somebody overrides it."},"backoffMultiplier":{"type":"number","minimum":1,"maximum":100,"default":2,"description":"Each failure after the first one multiplies the time to the next try."},"maxBackoff":{"type":"string","format":"duration","default":"24h","description":"The longest time to the next try; no shorter than `retryInterval`."}}},"recovery":{"type":"object","additionalProperties":false,"default":{},"x-decides":false,"description":"How expired Certificates are replaced whose documents do not say it themselves.","properties":{"enabled":{"type":"boolean","default":true,"description":"Whether they are replaced; without it, that one has expired is only told."},"retryInterval":{"type":"string","format":"duration","default":"1m","description":"From a failed recovery to the next one; at least 1m."},"maxRetries":{"type":"integer","minimum":0,"maximum":1000,"default":3,"description":"After so many failed recoveries in a row nothing more is tried, as for renewals."},"backoffMultiplier":{"type":"number","minimum":1,"maximum":100,"default":2,"description":"As for renewals."},"maxBackoff":{"type":"string","format":"duration","default":"1h","description":"As for renewals."}}},"served":{"type":"object","additionalProperties":false,"default":{},"x-decides":false,"description":"How Certificates reach what serves them, where their documents do not say it themselves.","properties":{"withinSeconds":{"type":"integer","minimum":1,"maximum":120,"default":30,"description":"Within this time after a reload, every address of their Domains has to serve the new one."},"retryInterval":{"type":"string","format":"duration","default":"1m","description":"From a reload after which it was not served to the next one; at least 1m."},"maxRetries":{"type":"integer","minimum":0,"maximum":1000,"default":10,"description":"After so many such reloads in a row nothing more is tried, as for renewals."},"backoffMultiplier":{"type":"number","minimum":1,"maximum":100,"default":2,"description":"As for renewals."},"maxBackoff":{"type":"string","format":"duration","default":"1h","description":"As for renewals."}}},"commands":{"type":"array","maxItems":1000,"default":[],"x-decides":false,"description":"Command lines that `deploy` and `reload` of a Certificate may use, each a list of words. Only a line that is listed here word for word ever runs, and only in `apply`.","items":{"type":"array","minItems":1,"maxItems":100,"items":{"type":"string","minLength":1,"maxLength":4096}}},"pidFiles":{"type":"array","maxItems":1000,"default":[],"x-decides":false,"description":"PID files, relative to `fettle.yaml`, of the processes that `reload` of a Certificate may signal.","items":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"read"}}}};
function validate27(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.parallelism === undefined){
data.parallelism = 8;
}
if(data.probe === undefined){
data.probe = {};
}
if(data.renewal === undefined){
data.renewal = {};
}
if(data.recovery === undefined){
data.recovery = {};
}
if(data.served === undefined){
data.served = {};
}
if(data.commands === undefined){
data.commands = [];
}
if(data.pidFiles === undefined){
data.pidFiles = [];
}
for(const key0 in data){
if(!(((((((key0 === "parallelism") || (key0 === "probe")) || (key0 === "renewal")) || (key0 === "recovery")) || (key0 === "served")) || (key0 === "commands")) || (key0 === "pidFiles"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
let data0 = data.parallelism;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err1 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err1);
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 1000 || isNaN(data0)){
const err2 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err2);
errors++;
}
if(data0 < 1 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err3);
errors++;
}
}
let data1 = data.probe;
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
if(data1.concurrency === undefined){
data1.concurrency = 100;
}
if(data1.connectSeconds === undefined){
data1.connectSeconds = 5;
}
if(data1.handshakeSeconds === undefined){
data1.handshakeSeconds = 5;
}
if(data1.totalSeconds === undefined){
data1.totalSeconds = 10;
}
if(data1.allow === undefined){
data1.allow = [];
}
if(data1.deny === undefined){
data1.deny = [];
}
for(const key1 in data1){
if(!(((((((key1 === "concurrency") || (key1 === "connectSeconds")) || (key1 === "handshakeSeconds")) || (key1 === "totalSeconds")) || (key1 === "allow")) || (key1 === "deny")) || (key1 === "resolvers"))){
const err4 = {instancePath:instancePath+"/probe",schemaPath:"#/properties/probe/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err4);
errors++;
}
}
let data2 = data1.concurrency;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err5 = {instancePath:instancePath+"/probe/concurrency",schemaPath:"#/properties/probe/properties/concurrency/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err5);
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 1000 || isNaN(data2)){
const err6 = {instancePath:instancePath+"/probe/concurrency",schemaPath:"#/properties/probe/properties/concurrency/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err6);
errors++;
}
if(data2 < 1 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/probe/concurrency",schemaPath:"#/properties/probe/properties/concurrency/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err7);
errors++;
}
}
let data3 = data1.connectSeconds;
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 60 || isNaN(data3)){
const err8 = {instancePath:instancePath+"/probe/connectSeconds",schemaPath:"#/properties/probe/properties/connectSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 60},message:"must be <= 60"};
(vErrors ??= []).push(err8);
errors++;
}
if(data3 <= 0 || isNaN(data3)){
const err9 = {instancePath:instancePath+"/probe/connectSeconds",schemaPath:"#/properties/probe/properties/connectSeconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
(vErrors ??= []).push(err9);
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/probe/connectSeconds",schemaPath:"#/properties/probe/properties/connectSeconds/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err10);
errors++;
}
let data4 = data1.handshakeSeconds;
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 60 || isNaN(data4)){
const err11 = {instancePath:instancePath+"/probe/handshakeSeconds",schemaPath:"#/properties/probe/properties/handshakeSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 60},message:"must be <= 60"};
(vErrors ??= []).push(err11);
errors++;
}
if(data4 <= 0 || isNaN(data4)){
const err12 = {instancePath:instancePath+"/probe/handshakeSeconds",schemaPath:"#/properties/probe/properties/handshakeSeconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
(vErrors ??= []).push(err12);
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/probe/handshakeSeconds",schemaPath:"#/properties/probe/properties/handshakeSeconds/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err13);
errors++;
}
let data5 = data1.totalSeconds;
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 120 || isNaN(data5)){
const err14 = {instancePath:instancePath+"/probe/totalSeconds",schemaPath:"#/properties/probe/properties/totalSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 120},message:"must be <= 120"};
(vErrors ??= []).push(err14);
errors++;
}
if(data5 <= 0 || isNaN(data5)){
const err15 = {instancePath:instancePath+"/probe/totalSeconds",schemaPath:"#/properties/probe/properties/totalSeconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
(vErrors ??= []).push(err15);
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/probe/totalSeconds",schemaPath:"#/properties/probe/properties/totalSeconds/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err16);
errors++;
}
let data6 = data1.allow;
if(Array.isArray(data6)){
if(data6.length > 1000){
const err17 = {instancePath:instancePath+"/probe/allow",schemaPath:"#/properties/probe/properties/allow/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err17);
errors++;
}
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(typeof data7 === "string"){
if(func2(data7) > 64){
const err18 = {instancePath:instancePath+"/probe/allow/" + i0,schemaPath:"#/properties/probe/properties/allow/items/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err18);
errors++;
}
if(func2(data7) < 1){
const err19 = {instancePath:instancePath+"/probe/allow/" + i0,schemaPath:"#/properties/probe/properties/allow/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err19);
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/probe/allow/" + i0,schemaPath:"#/properties/probe/properties/allow/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err20);
errors++;
}
}
let i1 = data6.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data6[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err21 = {instancePath:instancePath+"/probe/allow",schemaPath:"#/properties/probe/properties/allow/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)"};
(vErrors ??= []).push(err21);
errors++;
break;
}
indices0[item0] = i1;
}
}
}
else {
const err22 = {instancePath:instancePath+"/probe/allow",schemaPath:"#/properties/probe/properties/allow/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err22);
errors++;
}
let data8 = data1.deny;
if(Array.isArray(data8)){
if(data8.length > 1000){
const err23 = {instancePath:instancePath+"/probe/deny",schemaPath:"#/properties/probe/properties/deny/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err23);
errors++;
}
const len1 = data8.length;
for(let i2=0; i2<len1; i2++){
let data9 = data8[i2];
if(typeof data9 === "string"){
if(func2(data9) > 64){
const err24 = {instancePath:instancePath+"/probe/deny/" + i2,schemaPath:"#/properties/probe/properties/deny/items/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err24);
errors++;
}
if(func2(data9) < 1){
const err25 = {instancePath:instancePath+"/probe/deny/" + i2,schemaPath:"#/properties/probe/properties/deny/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err25);
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/probe/deny/" + i2,schemaPath:"#/properties/probe/properties/deny/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err26);
errors++;
}
}
let i3 = data8.length;
let j1;
if(i3 > 1){
const indices1 = {};
for(;i3--;){
let item1 = data8[i3];
if(typeof item1 !== "string"){
continue;
}
if(typeof indices1[item1] == "number"){
j1 = indices1[item1];
const err27 = {instancePath:instancePath+"/probe/deny",schemaPath:"#/properties/probe/properties/deny/uniqueItems",keyword:"uniqueItems",params:{i: i3, j: j1},message:"must NOT have duplicate items (items ## "+j1+" and "+i3+" are identical)"};
(vErrors ??= []).push(err27);
errors++;
break;
}
indices1[item1] = i3;
}
}
}
else {
const err28 = {instancePath:instancePath+"/probe/deny",schemaPath:"#/properties/probe/properties/deny/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err28);
errors++;
}
if(data1.resolvers !== undefined){
let data10 = data1.resolvers;
if(Array.isArray(data10)){
if(data10.length > 10){
const err29 = {instancePath:instancePath+"/probe/resolvers",schemaPath:"#/properties/probe/properties/resolvers/maxItems",keyword:"maxItems",params:{limit: 10},message:"must NOT have more than 10 items"};
(vErrors ??= []).push(err29);
errors++;
}
const len2 = data10.length;
for(let i4=0; i4<len2; i4++){
let data11 = data10[i4];
if(typeof data11 === "string"){
if(func2(data11) > 64){
const err30 = {instancePath:instancePath+"/probe/resolvers/" + i4,schemaPath:"#/properties/probe/properties/resolvers/items/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err30);
errors++;
}
if(func2(data11) < 1){
const err31 = {instancePath:instancePath+"/probe/resolvers/" + i4,schemaPath:"#/properties/probe/properties/resolvers/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err31);
errors++;
}
}
else {
const err32 = {instancePath:instancePath+"/probe/resolvers/" + i4,schemaPath:"#/properties/probe/properties/resolvers/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err32);
errors++;
}
}
let i5 = data10.length;
let j2;
if(i5 > 1){
const indices2 = {};
for(;i5--;){
let item2 = data10[i5];
if(typeof item2 !== "string"){
continue;
}
if(typeof indices2[item2] == "number"){
j2 = indices2[item2];
const err33 = {instancePath:instancePath+"/probe/resolvers",schemaPath:"#/properties/probe/properties/resolvers/uniqueItems",keyword:"uniqueItems",params:{i: i5, j: j2},message:"must NOT have duplicate items (items ## "+j2+" and "+i5+" are identical)"};
(vErrors ??= []).push(err33);
errors++;
break;
}
indices2[item2] = i5;
}
}
}
else {
const err34 = {instancePath:instancePath+"/probe/resolvers",schemaPath:"#/properties/probe/properties/resolvers/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err34);
errors++;
}
}
}
else {
const err35 = {instancePath:instancePath+"/probe",schemaPath:"#/properties/probe/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err35);
errors++;
}
let data12 = data.renewal;
if(data12 && typeof data12 == "object" && !Array.isArray(data12)){
if(data12.enabled === undefined){
data12.enabled = true;
}
if(data12.thresholdDays === undefined){
data12.thresholdDays = 30;
}
if(data12.checkInterval === undefined){
data12.checkInterval = "24h";
}
if(data12.retryInterval === undefined){
data12.retryInterval = "1h";
}
if(data12.maxRetries === undefined){
data12.maxRetries = 10;
}
if(data12.backoffMultiplier === undefined){
data12.backoffMultiplier = 2;
}
if(data12.maxBackoff === undefined){
data12.maxBackoff = "24h";
}
for(const key2 in data12){
if(!(((((((key2 === "enabled") || (key2 === "thresholdDays")) || (key2 === "checkInterval")) || (key2 === "retryInterval")) || (key2 === "maxRetries")) || (key2 === "backoffMultiplier")) || (key2 === "maxBackoff"))){
const err36 = {instancePath:instancePath+"/renewal",schemaPath:"#/properties/renewal/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err36);
errors++;
}
}
if(typeof data12.enabled !== "boolean"){
const err37 = {instancePath:instancePath+"/renewal/enabled",schemaPath:"#/properties/renewal/properties/enabled/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err37);
errors++;
}
let data14 = data12.thresholdDays;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
const err38 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err38);
errors++;
}
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 365 || isNaN(data14)){
const err39 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 365},message:"must be <= 365"};
(vErrors ??= []).push(err39);
errors++;
}
if(data14 < 1 || isNaN(data14)){
const err40 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err40);
errors++;
}
}
let data15 = data12.checkInterval;
if(typeof data15 === "string"){
if(!(formats20.test(data15))){
const err41 = {instancePath:instancePath+"/renewal/checkInterval",schemaPath:"#/properties/renewal/properties/checkInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err41);
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/renewal/checkInterval",schemaPath:"#/properties/renewal/properties/checkInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err42);
errors++;
}
let data16 = data12.retryInterval;
if(typeof data16 === "string"){
if(!(formats20.test(data16))){
const err43 = {instancePath:instancePath+"/renewal/retryInterval",schemaPath:"#/properties/renewal/properties/retryInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err43);
errors++;
}
}
else {
const err44 = {instancePath:instancePath+"/renewal/retryInterval",schemaPath:"#/properties/renewal/properties/retryInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err44);
errors++;
}
let data17 = data12.maxRetries;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
const err45 = {instancePath:instancePath+"/renewal/maxRetries",schemaPath:"#/properties/renewal/properties/maxRetries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err45);
errors++;
}
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 1000 || isNaN(data17)){
const err46 = {instancePath:instancePath+"/renewal/maxRetries",schemaPath:"#/properties/renewal/properties/maxRetries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err46);
errors++;
}
if(data17 < 0 || isNaN(data17)){
const err47 = {instancePath:instancePath+"/renewal/maxRetries",schemaPath:"#/properties/renewal/properties/maxRetries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err47);
errors++;
}
}
let data18 = data12.backoffMultiplier;
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 100 || isNaN(data18)){
const err48 = {instancePath:instancePath+"/renewal/backoffMultiplier",schemaPath:"#/properties/renewal/properties/backoffMultiplier/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
(vErrors ??= []).push(err48);
errors++;
}
if(data18 < 1 || isNaN(data18)){
const err49 = {instancePath:instancePath+"/renewal/backoffMultiplier",schemaPath:"#/properties/renewal/properties/backoffMultiplier/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err49);
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/renewal/backoffMultiplier",schemaPath:"#/properties/renewal/properties/backoffMultiplier/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err50);
errors++;
}
let data19 = data12.maxBackoff;
if(typeof data19 === "string"){
if(!(formats20.test(data19))){
const err51 = {instancePath:instancePath+"/renewal/maxBackoff",schemaPath:"#/properties/renewal/properties/maxBackoff/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err51);
errors++;
}
}
else {
const err52 = {instancePath:instancePath+"/renewal/maxBackoff",schemaPath:"#/properties/renewal/properties/maxBackoff/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err52);
errors++;
}
}
else {
const err53 = {instancePath:instancePath+"/renewal",schemaPath:"#/properties/renewal/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err53);
errors++;
}
let data20 = data.recovery;
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
if(data20.enabled === undefined){
data20.enabled = true;
}
if(data20.retryInterval === undefined){
data20.retryInterval = "1m";
}
if(data20.maxRetries === undefined){
data20.maxRetries = 3;
}
if(data20.backoffMultiplier === undefined){
data20.backoffMultiplier = 2;
}
if(data20.maxBackoff === undefined){
data20.maxBackoff = "1h";
}
for(const key3 in data20){
if(!(((((key3 === "enabled") || (key3 === "retryInterval")) || (key3 === "maxRetries")) || (key3 === "backoffMultiplier")) || (key3 === "maxBackoff"))){
const err54 = {instancePath:instancePath+"/recovery",schemaPath:"#/properties/recovery/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err54);
errors++;
}
}
if(typeof data20.enabled !== "boolean"){
const err55 = {instancePath:instancePath+"/recovery/enabled",schemaPath:"#/properties/recovery/properties/enabled/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err55);
errors++;
}
let data22 = data20.retryInterval;
if(typeof data22 === "string"){
if(!(formats20.test(data22))){
const err56 = {instancePath:instancePath+"/recovery/retryInterval",schemaPath:"#/properties/recovery/properties/retryInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err56);
errors++;
}
}
else {
const err57 = {instancePath:instancePath+"/recovery/retryInterval",schemaPath:"#/properties/recovery/properties/retryInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err57);
errors++;
}
let data23 = data20.maxRetries;
if(!(((typeof data23 == "number") && (!(data23 % 1) && !isNaN(data23))) && (isFinite(data23)))){
const err58 = {instancePath:instancePath+"/recovery/maxRetries",schemaPath:"#/properties/recovery/properties/maxRetries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err58);
errors++;
}
if((typeof data23 == "number") && (isFinite(data23))){
if(data23 > 1000 || isNaN(data23)){
const err59 = {instancePath:instancePath+"/recovery/maxRetries",schemaPath:"#/properties/recovery/properties/maxRetries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err59);
errors++;
}
if(data23 < 0 || isNaN(data23)){
const err60 = {instancePath:instancePath+"/recovery/maxRetries",schemaPath:"#/properties/recovery/properties/maxRetries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err60);
errors++;
}
}
let data24 = data20.backoffMultiplier;
if((typeof data24 == "number") && (isFinite(data24))){
if(data24 > 100 || isNaN(data24)){
const err61 = {instancePath:instancePath+"/recovery/backoffMultiplier",schemaPath:"#/properties/recovery/properties/backoffMultiplier/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
(vErrors ??= []).push(err61);
errors++;
}
if(data24 < 1 || isNaN(data24)){
const err62 = {instancePath:instancePath+"/recovery/backoffMultiplier",schemaPath:"#/properties/recovery/properties/backoffMultiplier/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err62);
errors++;
}
}
else {
const err63 = {instancePath:instancePath+"/recovery/backoffMultiplier",schemaPath:"#/properties/recovery/properties/backoffMultiplier/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err63);
errors++;
}
let data25 = data20.maxBackoff;
if(typeof data25 === "string"){
if(!(formats20.test(data25))){
const err64 = {instancePath:instancePath+"/recovery/maxBackoff",schemaPath:"#/properties/recovery/properties/maxBackoff/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err64);
errors++;
}
}
else {
const err65 = {instancePath:instancePath+"/recovery/maxBackoff",schemaPath:"#/properties/recovery/properties/maxBackoff/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err65);
errors++;
}
}
else {
const err66 = {instancePath:instancePath+"/recovery",schemaPath:"#/properties/recovery/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err66);
errors++;
}
let data26 = data.served;
if(data26 && typeof data26 == "object" && !Array.isArray(data26)){
if(data26.withinSeconds === undefined){
data26.withinSeconds = 30;
}
if(data26.retryInterval === undefined){
data26.retryInterval = "1m";
}
if(data26.maxRetries === undefined){
data26.maxRetries = 10;
}
if(data26.backoffMultiplier === undefined){
data26.backoffMultiplier = 2;
}
if(data26.maxBackoff === undefined){
data26.maxBackoff = "1h";
}
for(const key4 in data26){
if(!(((((key4 === "withinSeconds") || (key4 === "retryInterval")) || (key4 === "maxRetries")) || (key4 === "backoffMultiplier")) || (key4 === "maxBackoff"))){
const err67 = {instancePath:instancePath+"/served",schemaPath:"#/properties/served/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
(vErrors ??= []).push(err67);
errors++;
}
}
let data27 = data26.withinSeconds;
if(!(((typeof data27 == "number") && (!(data27 % 1) && !isNaN(data27))) && (isFinite(data27)))){
const err68 = {instancePath:instancePath+"/served/withinSeconds",schemaPath:"#/properties/served/properties/withinSeconds/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err68);
errors++;
}
if((typeof data27 == "number") && (isFinite(data27))){
if(data27 > 120 || isNaN(data27)){
const err69 = {instancePath:instancePath+"/served/withinSeconds",schemaPath:"#/properties/served/properties/withinSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 120},message:"must be <= 120"};
(vErrors ??= []).push(err69);
errors++;
}
if(data27 < 1 || isNaN(data27)){
const err70 = {instancePath:instancePath+"/served/withinSeconds",schemaPath:"#/properties/served/properties/withinSeconds/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err70);
errors++;
}
}
let data28 = data26.retryInterval;
if(typeof data28 === "string"){
if(!(formats20.test(data28))){
const err71 = {instancePath:instancePath+"/served/retryInterval",schemaPath:"#/properties/served/properties/retryInterval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err71);
errors++;
}
}
else {
const err72 = {instancePath:instancePath+"/served/retryInterval",schemaPath:"#/properties/served/properties/retryInterval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err72);
errors++;
}
let data29 = data26.maxRetries;
if(!(((typeof data29 == "number") && (!(data29 % 1) && !isNaN(data29))) && (isFinite(data29)))){
const err73 = {instancePath:instancePath+"/served/maxRetries",schemaPath:"#/properties/served/properties/maxRetries/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err73);
errors++;
}
if((typeof data29 == "number") && (isFinite(data29))){
if(data29 > 1000 || isNaN(data29)){
const err74 = {instancePath:instancePath+"/served/maxRetries",schemaPath:"#/properties/served/properties/maxRetries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err74);
errors++;
}
if(data29 < 0 || isNaN(data29)){
const err75 = {instancePath:instancePath+"/served/maxRetries",schemaPath:"#/properties/served/properties/maxRetries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err75);
errors++;
}
}
let data30 = data26.backoffMultiplier;
if((typeof data30 == "number") && (isFinite(data30))){
if(data30 > 100 || isNaN(data30)){
const err76 = {instancePath:instancePath+"/served/backoffMultiplier",schemaPath:"#/properties/served/properties/backoffMultiplier/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
(vErrors ??= []).push(err76);
errors++;
}
if(data30 < 1 || isNaN(data30)){
const err77 = {instancePath:instancePath+"/served/backoffMultiplier",schemaPath:"#/properties/served/properties/backoffMultiplier/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err77);
errors++;
}
}
else {
const err78 = {instancePath:instancePath+"/served/backoffMultiplier",schemaPath:"#/properties/served/properties/backoffMultiplier/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err78);
errors++;
}
let data31 = data26.maxBackoff;
if(typeof data31 === "string"){
if(!(formats20.test(data31))){
const err79 = {instancePath:instancePath+"/served/maxBackoff",schemaPath:"#/properties/served/properties/maxBackoff/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err79);
errors++;
}
}
else {
const err80 = {instancePath:instancePath+"/served/maxBackoff",schemaPath:"#/properties/served/properties/maxBackoff/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err80);
errors++;
}
}
else {
const err81 = {instancePath:instancePath+"/served",schemaPath:"#/properties/served/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err81);
errors++;
}
let data32 = data.commands;
if(Array.isArray(data32)){
if(data32.length > 1000){
const err82 = {instancePath:instancePath+"/commands",schemaPath:"#/properties/commands/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err82);
errors++;
}
const len3 = data32.length;
for(let i6=0; i6<len3; i6++){
let data33 = data32[i6];
if(Array.isArray(data33)){
if(data33.length > 100){
const err83 = {instancePath:instancePath+"/commands/" + i6,schemaPath:"#/properties/commands/items/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
(vErrors ??= []).push(err83);
errors++;
}
if(data33.length < 1){
const err84 = {instancePath:instancePath+"/commands/" + i6,schemaPath:"#/properties/commands/items/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
(vErrors ??= []).push(err84);
errors++;
}
const len4 = data33.length;
for(let i7=0; i7<len4; i7++){
let data34 = data33[i7];
if(typeof data34 === "string"){
if(func2(data34) > 4096){
const err85 = {instancePath:instancePath+"/commands/" + i6+"/" + i7,schemaPath:"#/properties/commands/items/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err85);
errors++;
}
if(func2(data34) < 1){
const err86 = {instancePath:instancePath+"/commands/" + i6+"/" + i7,schemaPath:"#/properties/commands/items/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err86);
errors++;
}
}
else {
const err87 = {instancePath:instancePath+"/commands/" + i6+"/" + i7,schemaPath:"#/properties/commands/items/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err87);
errors++;
}
}
}
else {
const err88 = {instancePath:instancePath+"/commands/" + i6,schemaPath:"#/properties/commands/items/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err88);
errors++;
}
}
}
else {
const err89 = {instancePath:instancePath+"/commands",schemaPath:"#/properties/commands/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err89);
errors++;
}
let data35 = data.pidFiles;
if(Array.isArray(data35)){
if(data35.length > 1000){
const err90 = {instancePath:instancePath+"/pidFiles",schemaPath:"#/properties/pidFiles/maxItems",keyword:"maxItems",params:{limit: 1000},message:"must NOT have more than 1000 items"};
(vErrors ??= []).push(err90);
errors++;
}
const len5 = data35.length;
for(let i8=0; i8<len5; i8++){
let data36 = data35[i8];
if(typeof data36 === "string"){
if(func2(data36) > 4096){
const err91 = {instancePath:instancePath+"/pidFiles/" + i8,schemaPath:"#/properties/pidFiles/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err91);
errors++;
}
if(func2(data36) < 1){
const err92 = {instancePath:instancePath+"/pidFiles/" + i8,schemaPath:"#/properties/pidFiles/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err92);
errors++;
}
if(!(formats4.test(data36))){
const err93 = {instancePath:instancePath+"/pidFiles/" + i8,schemaPath:"#/properties/pidFiles/items/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err93);
errors++;
}
}
else {
const err94 = {instancePath:instancePath+"/pidFiles/" + i8,schemaPath:"#/properties/pidFiles/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err94);
errors++;
}
}
}
else {
const err95 = {instancePath:instancePath+"/pidFiles",schemaPath:"#/properties/pidFiles/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err95);
errors++;
}
}
else {
const err96 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err96);
errors++;
}
validate27.errors = vErrors;
return errors === 0;
}

export const validators = {
  'spec:Issuer': withSchemas(validate21, schema6),
  'spec:Certificate': withSchemas(validate22, schema7),
  'spec:Domain': withSchemas(validate23, schema8),
  'memory:Issuer': withSchemas(validate24, schema9),
  'memory:Certificate': withSchemas(validate25, schema10),
  'memory:Domain': withSchemas(validate26, schema11),
  config: withSchemas(validate27, schema12),
};
