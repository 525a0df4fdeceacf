import { refuse } from '../protocol/errors.ts';
import type { Handler } from './call.ts';

export const deniedReview: Handler<'review.denied'> = async () => refuse('bad-request', 'not built yet');
export const unusedReview: Handler<'review.unused'> = async () => refuse('bad-request', 'not built yet');
export const listCampaign: Handler<'campaign.list'> = async () => refuse('bad-request', 'not built yet');
export const startCampaign: Handler<'campaign.start'> = async () => refuse('bad-request', 'not built yet');
export const answerCampaign: Handler<'campaign.answer'> = async () => refuse('bad-request', 'not built yet');
