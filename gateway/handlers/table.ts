// Which handler answers which request: the one table, complete by type (T27).

import { approveAccess, denyAccess, extendGrant, listAccess, requestAccess, revokeGrant, withdrawAccess } from './access.ts';
import { addAddress, listAddress, removeAddress } from './addresses.ts';
import { auditHead, auditPage } from './audit.ts';
import { batchFactor } from './batch.ts';
import { approveBreakGlass, listBreakGlass, reviewBreakGlass, sealBreakGlass } from './break-glass.ts';
import { finishBreakGlass, startBreakGlass } from './break-glass-entry.ts';
import { answerCampaign, listCampaign, startCampaign } from './campaigns.ts';
import { extendSession, freezeSession, markSession, messageSession, putOutSession } from './control.ts';
import { listDevice, listLogin, revokeDevice, revokeLogin } from './devices.ts';
import type { Handlers } from './dispatch.ts';
import { erasePerson } from './erasing.ts';
import { exportEvidence } from './evidence.ts';
import { codesFactor, confirmFactor, enrollFactor, proveFactor } from './factor.ts';
import { addGroupHandler, listGroups, removeGroupHandler, setGroupHandler } from './groups.ts';
import { showHistory } from './history.ts';
import { listHolds, placeHold, releaseHold } from './holds.ts';
import { askSession, giveSession, joinSession, presentSession, shareSession, unshareSession, watchSession } from './joining.ts';
import { pruneAudit } from './keeping.ts';
import { addLockHandler, listLocks, removeLockHandler } from './locks.ts';
import { cancelLogin, endLogin, finishLogin, resumeLogin, showSelf, startLogin } from './login.ts';
import { addPersonHandler, listPeople, removePersonHandler, setPersonHandler } from './people.ts';
import { applyPolicy, checkPolicy, listPolicy, rollbackPolicy, testPolicy, trialPolicy } from './policies.ts';
import { explainPolicy } from './policy.ts';
import { exportRecording, listRecordings } from './recordings.ts';
import { resetFactor } from './reset.ts';
import { deniedReview } from './review-denied.ts';
import { unusedReview } from './review-unused.ts';
import { addServerHandler, listServers, removeServerHandler, setServerHandler } from './servers.ts';
import {
  advisedSession,
  arrivedSession,
  attachSession,
  clipboardSession,
  detachSession,
  interruptSession,
  killSession,
  listSessions,
  openSession,
  resizeSession,
  showSession,
} from './sessions.ts';
import { deleteWorkspace, rollbackSettings, setSettings, showSettings } from './settings.ts';
import { listAlerts, listSinks, testSink } from './signals.ts';
import type { Subscriptions } from './subscribe.ts';
import { trailStatus } from './trail-status.ts';
import { proveAudit, witnessAudit } from './witness.ts';

export const handlerTable = (subscriptions: Subscriptions): Handlers => ({
  open: {
    'login.start': startLogin,
    'login.finish': finishLogin,
    'login.cancel': cancelLogin,
    'login.resume': resumeLogin,
    'breakglass.start': startBreakGlass,
    'breakglass.finish': finishBreakGlass,
  },
  signed: {
    'self.show': showSelf,
    'login.end': endLogin,
    'factor.enroll': enrollFactor,
    'factor.confirm': confirmFactor,
    'factor.prove': proveFactor,
    'factor.codes': codesFactor,
    'server.list': listServers,
    'server.add': addServerHandler,
    'server.set': setServerHandler,
    'server.remove': removeServerHandler,
    'session.list': listSessions,
    'session.show': showSession,
    'session.open': openSession,
    'session.attach': attachSession,
    'session.watch': watchSession,
    'session.join': joinSession,
    'session.ask': askSession,
    'session.give': giveSession,
    'session.present': presentSession,
    'session.freeze': freezeSession,
    'session.put-out': putOutSession,
    'session.message': messageSession,
    'session.extend': extendSession,
    'session.mark': markSession,
    'session.share': shareSession,
    'session.unshare': unshareSession,
    'lock.list': listLocks,
    'lock.add': addLockHandler,
    'lock.remove': removeLockHandler,
    'session.resize': resizeSession,
    'session.detach': detachSession,
    'session.kill': killSession,
    'session.clipboard': clipboardSession,
    'session.interrupt': interruptSession,
    'session.advised': advisedSession,
    'session.arrived': arrivedSession,
    'session.history': showHistory,
    'recording.list': listRecordings,
    'recording.export': exportRecording,
    'audit.page': auditPage,
    'audit.head': auditHead,
    'person.list': listPeople,
    'person.add': addPersonHandler,
    'person.set': setPersonHandler,
    'person.remove': removePersonHandler,
    'group.list': listGroups,
    'group.add': addGroupHandler,
    'group.set': setGroupHandler,
    'group.remove': removeGroupHandler,
    'policy.explain': explainPolicy,
    'policy.list': listPolicy,
    'policy.check': checkPolicy,
    'policy.apply': applyPolicy,
    'policy.rollback': rollbackPolicy,
    'policy.trial': trialPolicy,
    'policy.test': testPolicy,
    'access.list': listAccess,
    'access.request': requestAccess,
    'access.approve': approveAccess,
    'access.deny': denyAccess,
    'access.withdraw': withdrawAccess,
    'grant.extend': extendGrant,
    'grant.revoke': revokeGrant,
    'login.list': listLogin,
    'login.revoke': revokeLogin,
    'device.list': listDevice,
    'device.revoke': revokeDevice,
    'factor.batch': batchFactor,
    'factor.reset': resetFactor,
    'address.list': listAddress,
    'address.add': addAddress,
    'address.remove': removeAddress,
    'settings.show': showSettings,
    'settings.set': setSettings,
    'settings.rollback': rollbackSettings,
    'workspace.delete': deleteWorkspace,
    'breakglass.list': listBreakGlass,
    'breakglass.seal': sealBreakGlass,
    'breakglass.approve': approveBreakGlass,
    'breakglass.review': reviewBreakGlass,
    'review.denied': deniedReview,
    'review.unused': unusedReview,
    'campaign.list': listCampaign,
    'campaign.start': startCampaign,
    'campaign.answer': answerCampaign,
    'audit.proof': proveAudit,
    'audit.witness': witnessAudit,
    'audit.trail': trailStatus,
    'audit.export': exportEvidence,
    'audit.prune': pruneAudit,
    'hold.list': listHolds,
    'hold.place': placeHold,
    'hold.release': releaseHold,
    'person.erase': erasePerson,
    'sink.list': listSinks,
    'sink.test': testSink,
    'alert.list': listAlerts,
    subscribe: subscriptions.subscribe,
    unsubscribe: subscriptions.unsubscribe,
  },
});
