export const syncScreen = '/sync';
