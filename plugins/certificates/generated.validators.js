/** Generated from specs/certificates.yaml by `npm run generate`: do not edit. */

import { codePoints, withSchemas } from '../../src/engine/schema-runtime.ts';

const schema6 = {"type":"object","additionalProperties":false,"minProperties":1,"maxProperties":1,"description":"Exactly one of its kinds.","properties":{"localCa":{"type":"object","additionalProperties":false,"required":["dir","commonName"],"description":"A certificate authority in a folder, made on the first apply.","properties":{"dir":{"type":"string","minLength":1,"maxLength":4096,"description":"Folder of `ca.crt` and `ca.key`, relative to the document."},"commonName":{"type":"string","minLength":1,"maxLength":64,"description":"Common name of the authority."}}},"selfSigned":{"type":"object","additionalProperties":false,"description":"Each certificate signs itself.","properties":{}}}};
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
}
else {
const err8 = {instancePath:instancePath+"/localCa/dir",schemaPath:"#/properties/localCa/properties/dir/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err8);
errors++;
}
}
if(data0.commonName !== undefined){
let data2 = data0.commonName;
if(typeof data2 === "string"){
if(func2(data2) > 64){
const err9 = {instancePath:instancePath+"/localCa/commonName",schemaPath:"#/properties/localCa/properties/commonName/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"};
(vErrors ??= []).push(err9);
errors++;
}
if(func2(data2) < 1){
const err10 = {instancePath:instancePath+"/localCa/commonName",schemaPath:"#/properties/localCa/properties/commonName/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err10);
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/localCa/commonName",schemaPath:"#/properties/localCa/properties/commonName/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err11);
errors++;
}
}
}
else {
const err12 = {instancePath:instancePath+"/localCa",schemaPath:"#/properties/localCa/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err12);
errors++;
}
}
if(data.selfSigned !== undefined){
let data3 = data.selfSigned;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
for(const key2 in data3){
const err13 = {instancePath:instancePath+"/selfSigned",schemaPath:"#/properties/selfSigned/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err13);
errors++;
}
}
else {
const err14 = {instancePath:instancePath+"/selfSigned",schemaPath:"#/properties/selfSigned/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err14);
errors++;
}
}
}
else {
const err15 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err15);
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}
const schema7 = {"type":"object","additionalProperties":false,"required":["issuer","dnsNames","storage"],"properties":{"issuer":{"type":"string","minLength":1,"maxLength":253,"x-ref":"Issuer","description":"Name of the Issuer that signs it."},"dnsNames":{"type":"array","minItems":1,"maxItems":100,"uniqueItems":true,"description":"The names it is valid for; the first one is the common name, where it fits.","items":{"type":"string","minLength":1,"maxLength":253,"format":"dns-name"}},"keyAlgorithm":{"enum":["ecdsa-p256","ecdsa-p384","rsa-2048","rsa-4096","ed25519"],"default":"ecdsa-p256","description":"Algorithm of its key."},"validityDays":{"type":"integer","minimum":1,"maximum":3650,"default":90,"description":"How long it is issued for, in days."},"storage":{"type":"object","additionalProperties":false,"required":["file"],"properties":{"file":{"type":"object","additionalProperties":false,"required":["certificate","key"],"description":"Two PEM files, relative to the document.","properties":{"certificate":{"type":"string","minLength":1,"maxLength":4096,"description":"The certificate and its chain, mode 0644."},"key":{"type":"string","minLength":1,"maxLength":4096,"description":"The private key, PKCS#8, mode 0600."}}}}},"renewal":{"type":"object","additionalProperties":false,"default":{},"properties":{"thresholdDays":{"type":"integer","minimum":0,"maximum":365,"default":30,"description":"It is renewed when so many days are left, or a third of its lifetime, whichever is less."}}}}};
const formats0 = /^(?=.{1,253}$)(?:\*\.)?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u;
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
if(!((((((key0 === "issuer") || (key0 === "dnsNames")) || (key0 === "keyAlgorithm")) || (key0 === "validityDays")) || (key0 === "storage")) || (key0 === "renewal"))){
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
if(data1.length > 100){
const err7 = {instancePath:instancePath+"/dnsNames",schemaPath:"#/properties/dnsNames/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
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
if(!(formats0.test(data2))){
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
if(data5.file === undefined){
const err19 = {instancePath:instancePath+"/storage",schemaPath:"#/properties/storage/required",keyword:"required",params:{missingProperty: "file"},message:"must have required property '"+"file"+"'"};
(vErrors ??= []).push(err19);
errors++;
}
for(const key1 in data5){
if(!(key1 === "file")){
const err20 = {instancePath:instancePath+"/storage",schemaPath:"#/properties/storage/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err20);
errors++;
}
}
if(data5.file !== undefined){
let data6 = data5.file;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(data6.certificate === undefined){
const err21 = {instancePath:instancePath+"/storage/file",schemaPath:"#/properties/storage/properties/file/required",keyword:"required",params:{missingProperty: "certificate"},message:"must have required property '"+"certificate"+"'"};
(vErrors ??= []).push(err21);
errors++;
}
if(data6.key === undefined){
const err22 = {instancePath:instancePath+"/storage/file",schemaPath:"#/properties/storage/properties/file/required",keyword:"required",params:{missingProperty: "key"},message:"must have required property '"+"key"+"'"};
(vErrors ??= []).push(err22);
errors++;
}
for(const key2 in data6){
if(!((key2 === "certificate") || (key2 === "key"))){
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
}
else {
const err26 = {instancePath:instancePath+"/storage/file/certificate",schemaPath:"#/properties/storage/properties/file/properties/certificate/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err26);
errors++;
}
}
if(data6.key !== undefined){
let data8 = data6.key;
if(typeof data8 === "string"){
if(func2(data8) > 4096){
const err27 = {instancePath:instancePath+"/storage/file/key",schemaPath:"#/properties/storage/properties/file/properties/key/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err27);
errors++;
}
if(func2(data8) < 1){
const err28 = {instancePath:instancePath+"/storage/file/key",schemaPath:"#/properties/storage/properties/file/properties/key/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err28);
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/storage/file/key",schemaPath:"#/properties/storage/properties/file/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err29);
errors++;
}
}
}
else {
const err30 = {instancePath:instancePath+"/storage/file",schemaPath:"#/properties/storage/properties/file/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err30);
errors++;
}
}
}
else {
const err31 = {instancePath:instancePath+"/storage",schemaPath:"#/properties/storage/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err31);
errors++;
}
}
let data9 = data.renewal;
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
if(data9.thresholdDays === undefined){
data9.thresholdDays = 30;
}
for(const key3 in data9){
if(!(key3 === "thresholdDays")){
const err32 = {instancePath:instancePath+"/renewal",schemaPath:"#/properties/renewal/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err32);
errors++;
}
}
let data10 = data9.thresholdDays;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
const err33 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err33);
errors++;
}
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 365 || isNaN(data10)){
const err34 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 365},message:"must be <= 365"};
(vErrors ??= []).push(err34);
errors++;
}
if(data10 < 0 || isNaN(data10)){
const err35 = {instancePath:instancePath+"/renewal/thresholdDays",schemaPath:"#/properties/renewal/properties/thresholdDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err35);
errors++;
}
}
}
else {
const err36 = {instancePath:instancePath+"/renewal",schemaPath:"#/properties/renewal/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err36);
errors++;
}
}
else {
const err37 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err37);
errors++;
}
validate22.errors = vErrors;
return errors === 0;
}
const schema8 = {"type":"object","additionalProperties":false,"required":["host"],"properties":{"host":{"type":"string","minLength":1,"maxLength":253,"format":"host-name","description":"Name for SNI, and what the certificate must be valid for."},"address":{"type":"string","minLength":1,"maxLength":253,"description":"Address to connect to, instead of resolving the host."},"port":{"type":"integer","minimum":1,"maximum":65535,"default":443,"description":"TCP port."},"expiryWarnDays":{"type":"integer","minimum":0,"maximum":3650,"default":30,"description":"The certificate is expiring when so many days are left."},"certificate":{"type":"string","minLength":1,"maxLength":253,"x-ref":"Certificate","description":"Name of the Certificate that ought to be served here."},"trust":{"type":"array","maxItems":20,"description":"PEM files with more trust anchors, relative to the document; one that is not there yet is left out.","items":{"type":"string","minLength":1,"maxLength":4096}}}};
const formats2 = /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u;
function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.port === undefined){
data.port = 443;
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
if(!((((((key0 === "host") || (key0 === "address")) || (key0 === "port")) || (key0 === "expiryWarnDays")) || (key0 === "certificate")) || (key0 === "trust"))){
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
if(!(formats2.test(data0))){
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
let data3 = data.expiryWarnDays;
if(!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))){
const err12 = {instancePath:instancePath+"/expiryWarnDays",schemaPath:"#/properties/expiryWarnDays/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err12);
errors++;
}
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 3650 || isNaN(data3)){
const err13 = {instancePath:instancePath+"/expiryWarnDays",schemaPath:"#/properties/expiryWarnDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},message:"must be <= 3650"};
(vErrors ??= []).push(err13);
errors++;
}
if(data3 < 0 || isNaN(data3)){
const err14 = {instancePath:instancePath+"/expiryWarnDays",schemaPath:"#/properties/expiryWarnDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err14);
errors++;
}
}
if(data.certificate !== undefined){
let data4 = data.certificate;
if(typeof data4 === "string"){
if(func2(data4) > 253){
const err15 = {instancePath:instancePath+"/certificate",schemaPath:"#/properties/certificate/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err15);
errors++;
}
if(func2(data4) < 1){
const err16 = {instancePath:instancePath+"/certificate",schemaPath:"#/properties/certificate/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err16);
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/certificate",schemaPath:"#/properties/certificate/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err17);
errors++;
}
}
if(data.trust !== undefined){
let data5 = data.trust;
if(Array.isArray(data5)){
if(data5.length > 20){
const err18 = {instancePath:instancePath+"/trust",schemaPath:"#/properties/trust/maxItems",keyword:"maxItems",params:{limit: 20},message:"must NOT have more than 20 items"};
(vErrors ??= []).push(err18);
errors++;
}
const len0 = data5.length;
for(let i0=0; i0<len0; i0++){
let data6 = data5[i0];
if(typeof data6 === "string"){
if(func2(data6) > 4096){
const err19 = {instancePath:instancePath+"/trust/" + i0,schemaPath:"#/properties/trust/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err19);
errors++;
}
if(func2(data6) < 1){
const err20 = {instancePath:instancePath+"/trust/" + i0,schemaPath:"#/properties/trust/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err20);
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/trust/" + i0,schemaPath:"#/properties/trust/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err21);
errors++;
}
}
}
else {
const err22 = {instancePath:instancePath+"/trust",schemaPath:"#/properties/trust/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err22);
errors++;
}
}
}
else {
const err23 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err23);
errors++;
}
validate23.errors = vErrors;
return errors === 0;
}
const schema9 = {"type":"object","additionalProperties":false,"properties":{"fingerprint":{"type":"string","description":"SHA-256 of the authority's certificate, `sha256:` and 64 hex digits."}}};
function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(key0 === "fingerprint")){
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
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err2);
errors++;
}
validate24.errors = vErrors;
return errors === 0;
}
const schema10 = {"type":"object","additionalProperties":false,"properties":{"fingerprint":{"type":"string","description":"SHA-256 of the certificate that was seen last."},"notAfter":{"type":"string","description":"End of its validity, ISO 8601."},"issued":{"type":"integer","description":"How often it was issued or renewed."},"issuedAt":{"type":"string","description":"When it was issued last, ISO 8601."},"issuer":{"type":"string","description":"Fingerprint of the authority that signed it."}}};
function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((key0 === "fingerprint") || (key0 === "notAfter")) || (key0 === "issued")) || (key0 === "issuedAt")) || (key0 === "issuer"))){
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
if(data.issuer !== undefined){
if(typeof data.issuer !== "string"){
const err5 = {instancePath:instancePath+"/issuer",schemaPath:"#/properties/issuer/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err5);
errors++;
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err6);
errors++;
}
validate25.errors = vErrors;
return errors === 0;
}
const schema11 = {"type":"object","additionalProperties":false,"properties":{"fingerprint":{"type":"string","description":"SHA-256 of the certificate that was served last."},"notAfter":{"type":"string","description":"End of its validity, ISO 8601."},"error":{"type":"string","description":"Class of the last error."}}};
function validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "fingerprint") || (key0 === "notAfter")) || (key0 === "error"))){
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
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err4);
errors++;
}
validate26.errors = vErrors;
return errors === 0;
}
const schema12 = {"type":"object","additionalProperties":false,"properties":{"parallelism":{"type":"integer","minimum":1,"maximum":1000,"default":8,"description":"How many actions of this plugin run at once."},"probe":{"type":"object","additionalProperties":false,"default":{},"description":"How TLS servers are probed.","properties":{"concurrency":{"type":"integer","minimum":1,"maximum":1000,"default":100,"description":"Probes that are open at once."},"connectSeconds":{"type":"number","exclusiveMinimum":0,"maximum":60,"default":5,"description":"Deadline of the TCP connection."},"handshakeSeconds":{"type":"number","exclusiveMinimum":0,"maximum":60,"default":5,"description":"Deadline of the TLS handshake."},"totalSeconds":{"type":"number","exclusiveMinimum":0,"maximum":120,"default":10,"description":"Deadline of the whole probe, name resolution included."}}}}};
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
for(const key0 in data){
if(!((key0 === "parallelism") || (key0 === "probe"))){
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
for(const key1 in data1){
if(!((((key1 === "concurrency") || (key1 === "connectSeconds")) || (key1 === "handshakeSeconds")) || (key1 === "totalSeconds"))){
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
}
else {
const err17 = {instancePath:instancePath+"/probe",schemaPath:"#/properties/probe/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err17);
errors++;
}
}
else {
const err18 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err18);
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
