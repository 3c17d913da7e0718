// What the public doors of reports say, taken from the paths: their schemas' names belong to the server.
import type { paths } from '@/api/schema'

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never

export type ReportKinds = Json<paths['/v1/public/report-kinds']['get']['responses'][200]>
export type ReportKind = ReportKinds['items'][number]
export type NearPage = Json<paths['/v1/public/near']['get']['responses'][200]>
export type NearThing = NearPage['items'][number]
export type ReportAnswer = Json<paths['/v1/public/reports']['post']['responses'][201]>
export type ReportStatus = Json<paths['/v1/public/reports/{token}']['get']['responses'][200]>
export type CaptureNonce = Json<paths['/v1/public/captures']['post']['responses'][201]>
export type MyReportPage = Json<paths['/v1/me/reports']['get']['responses'][200]>
